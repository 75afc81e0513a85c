"""MirrorMaker's configuration: what it says for a partner, that no secret is in it, that our own check is content."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib import resources
from pathlib import Path

import pytest

from cbrn_deploy.authority import LocalAccess
from cbrn_deploy.kafka.layout import TRANSACTION_MS_MAX
from cbrn_deploy.mirrormaker import Mirror, Side, as_commands, check, kept_topics, parse, rules_there, topics_there
from cbrn_deploy.mirrormaker import configuration as made
from cbrn_deploy.provisioning import ActualTopic, difference
from cbrn_deploy.provisioning.access import Operation, rights
from cbrn_schemas.credentials import Credentials, CredentialsError, write_credentials
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

ON = date(2026, 11, 1)
PASSWORD = "guess-me-not"  # noqa: S105 - opens nothing


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Ours with a certificate, theirs with a password."""
    ours = LocalAccess(tmp_path / "access").credentials("kz.mirror", "127.0.0.1:9093")
    theirs = tmp_path / "theirs.cbrn"
    values = {
        "CBRN_BOOTSTRAP_SERVERS": "kafka.example.kz:9092",
        "CBRN_SECURITY_PROTOCOL": "SASL_SSL",
        "CBRN_USERNAME": "mm2",
        "CBRN_PASSWORD": PASSWORD,
    }
    write_credentials(theirs, Credentials(values))
    return ours, theirs


def mirror(files: tuple[Path, Path], realm: Realm = Realm.REAL, **more: object) -> Mirror:
    return Mirror(realm, "kz", *map(Side.of, files), **more)  # type: ignore[arg-type] # of Mirror's own fields


@pytest.mark.parametrize("realm", Realm)
@pytest.mark.parametrize("more", [{}, {"back": False}, {"out": False}, {"outgoing": "for.kg"}], ids=str)
def test_what_we_make_has_no_fault(files: tuple[Path, Path], realm: Realm, more: dict[str, object]) -> None:
    assert check(mirror(files, realm, **more).properties(), ON) == []


def test_no_secret_is_in_it_since_it_is_kept_on_the_other_cluster(files: tuple[Path, Path]) -> None:
    text = mirror(files).text()
    assert PASSWORD not in text
    assert "PRIVATE KEY" not in text
    assert f'password="${{file:{files[1].as_posix()}:CBRN_PASSWORD}}"' in text


def test_what_is_said_of_our_own_bodies_stays_here(files: tuple[Path, Path]) -> None:
    """`standing` says where our ministries stand; `copies`, what a person is still to decide."""
    patterns = mirror(files).properties()["bus->kz.topics"].split(",")
    crossing = [
        name
        for name in ("alerts", "documents", "monitoring", "standing", "copies")
        if any(re.fullmatch(pattern, f"cbrn.to.kz.{name}") for pattern in patterns)
    ]
    assert crossing == ["alerts", "documents", "monitoring"]
    assert not any(re.fullmatch(pattern, "cbrn.to.kzx.alerts") for pattern in patterns)


def test_a_topic_that_the_partner_calls_otherwise_comes_as_its_originals(files: tuple[Path, Path]) -> None:
    said = mirror(files, outgoing="for.kg").properties()
    assert said["kz->bus.topics"] == r"for\.kg"
    assert said["kz->bus.transforms.rename.replacement"] == "cbrn.from.kz.originals"
    assert "kz->bus.transforms" not in mirror(files).properties()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"CBRN_BOOTSTRAP_SERVERS": "x:1", "CBRN_SECURITY_PROTOCOL": "PLAINTEXT"}, "speak TLS"),
        ({"CBRN_BOOTSTRAP_SERVERS": "x:1", "CBRN_SECURITY_PROTOCOL": "SSL"}, "no key"),
        ({"CBRN_BOOTSTRAP_SERVERS": "x:1", "CBRN_SECURITY_PROTOCOL": "SASL_SSL"}, "a password"),
        ({"CBRN_SECURITY_PROTOCOL": "SASL_SSL", "CBRN_PASSWORD": "x"}, "speak TLS"),
    ],
)
def test_a_file_that_lets_nobody_in_is_refused(tmp_path: Path, values: dict[str, str], message: str) -> None:
    write_credentials(tmp_path / "some.cbrn", Credentials(values))
    with pytest.raises(CredentialsError, match=message) as refused:
        Side.of(tmp_path / "some.cbrn")
    assert refused.value.hint


def test_properties_are_read_as_java_does() -> None:
    assert parse("# a\n! b\n a = 1\nb:2\nc 3\nd = x\\\n   y\ne = a\\\\.b\n") == {
        "a": "1",
        "b": "2",
        "c": "3",
        "d": "xy",
        "e": r"a\.b",
    }


def test_a_broker_of_ours_takes_these_transactions() -> None:
    assert made.TRANSACTION_MS < made.TRANSACTION_MS_MAX == TRANSACTION_MS_MAX


def test_it_needs_on_the_other_side_what_it_has_on_ours_the_other_way_round() -> None:
    """What it reads here it writes there; the rest is its own, and alike on both."""
    ours, theirs = rights(User(Realm.REAL, "kz", "mirror"), ON), rules_there(Realm.REAL, "kz")
    turned = {Operation.READ: Operation.WRITE, Operation.WRITE: Operation.READ}
    assert {
        (r.resource, r.name, r.prefixed, r.operation if ".mirror." in r.name else turned[r.operation]) for r in ours
    } == {(r.resource, r.name, r.prefixed, r.operation) for r in theirs}


def test_the_partners_engineer_is_given_commands() -> None:
    topics = topics_there(Realm.REAL, "kz", shards=4, replication=3)
    lines = as_commands(rules_there(Realm.REAL, "kz"), topics, "mm2", "kafka.example.kz:9092")
    assert len(lines) == len(topics) + len(rules_there(Realm.REAL, "kz"))
    assert any("--topic cbrn.to.kz.alerts --partitions 4" in line and "=CreateTime" in line for line in lines)
    assert any(
        "--operation Write --transactional-id cbrn.mirror.kz. --resource-pattern-type prefixed" in x for x in lines
    )
    assert not [line for line in lines if "--operation Create" in line or "--cluster" in line]


def test_what_it_keeps_for_itself_is_no_stray_topic() -> None:
    there = [ActualTopic(spec.name, 1, 1) for spec in kept_topics(Realm.REAL, "kz", 1)]
    found = difference([], [*there, ActualTopic("cbrn.stray", 1, 1)], Realm.REAL)
    assert found.left_alone == ("cbrn.stray",)


def test_lock_file_names_no_registry_and_pins_every_jar() -> None:
    """As the broker's."""
    package = resources.files("cbrn_deploy.mirrormaker")
    lock = (package / "jgo.lock.toml").read_text(encoding="utf-8")
    assert "://" not in lock
    assert lock.count("[[dependencies]]") == len(re.findall(r'^sha256 = "[0-9a-f]{64}"$', lock, re.MULTILINE)) > 40
    wanted = tomllib.loads((package / "jgo.toml").read_text(encoding="utf-8"))["dependencies"]["coordinates"]
    assert all(coordinate.endswith("!") for coordinate in wanted)

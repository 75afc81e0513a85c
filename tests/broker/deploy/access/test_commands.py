"""`cbrn access` as a person gives it: what it says, what machines read, what it refuses and with which exit status."""

import asyncio
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.builders.command_line import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_deploy.provisioning.access import Operation, Resource, Right
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.requesting import new_request
from cbrn_deploy.provisioning.access.rule import Rule
from cbrn_schemas.topics import Realm

BODIES = ("mof", "mia", "water", "moe")
"""Each test has a body of its own: the log of what was issued is for good."""
WHY = ("--reason", "a test", "--by", "A. Asanova")


@pytest.fixture
def access(realm, kafka, tmp_path):
    """Runs `cbrn access` as whoever gives rights; checks its exit status, and returns what it printed."""
    given = {
        "CBRN_CREDENTIALS": str(kafka.credentials()),
        "CBRN_REALM": str(Realm.EXERCISE),
        "CBRN_DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "300",
    }
    runner = CliRunner(env=given)

    def run(*arguments, status=0, stdin=None):
        done = runner.invoke(app, ["access", *map(str, arguments)], input=stdin)
        assert done.exit_code == status, done.output
        assert "Traceback" not in done.output
        return done

    def told(*arguments, status=0):
        return json.loads(run(*arguments, "--json", status=status).stdout)

    run.told = told
    return run


def weak_request():
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is to be refused
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def test_a_credential_s_life_as_machines_read_it(access, kafka, tmp_path):
    """Issued, listed, tested, followed, taken back; each step says what it did, and never a secret."""
    first, following = tmp_path / "first.cbrn", tmp_path / "next.cbrn"
    issued = access.told("issue", "mof", "--out", first, "--at", kafka.bootstrap_servers, *WHY)
    assert (issued["act"], issued["principal"], issued["kind"]) == ("issued", "exercise.mof", "password")
    assert (issued["by"], issued["reason"], issued["file"]) == ("A. Asanova", "a test", str(first))
    secret = next(line.partition("=")[2] for line in first.read_text().splitlines() if "PASSWORD" in line)
    plan = access.told("plan", "--body", "mof")
    (user,) = [one for one in plan["users"] if one["user"] == "exercise.mof"]
    assert [one["principal"] for one in user["credentials"]] == ["exercise.mof"]
    assert plan["logged"] is True
    assert (plan["add"], plan["remove"], plan["passwords"]) == ([], [], [])
    tested = access.told("test", first)
    assert (tested["principal"], tested["as_planned"]) == ("exercise.mof", True)
    assert {"resource", "name", "operation", "may", "planned"} == set(tested["tried"][0])

    authority = ("--certificate", "--authority", kafka.access.folder / "authority")
    where = ("--at", kafka.settings().bootstrap_servers, "--overlap", "7d")
    rotated = access("rotate", "mof", *authority, "--out", following, *where, *WHY)
    assert "exercise.mof works until" in rotated.stdout
    assert "cbrn access apply" in rotated.stdout
    listed = access.told("list", "--body", "mof")
    assert [(one["principal"], one["kind"]) for one in listed] == [
        ("exercise.mof", "password"),
        ("exercise.mof~2", "certificate"),
    ]
    assert listed[0]["ends"] is not None
    assert "(replaced)" in access("list", "--body", "mof").stdout
    one = access.told("revoke", "mof", "--credential", "exercise.mof", *WHY)
    assert one["principals"] == ["exercise.mof"]
    assert one["rules"] > 0
    access("test", first, status=1)
    assert access.told("test", following)["as_planned"] is True
    access("revoke", "mof", *WHY)
    worthless = access("test", following, status=1)
    assert "may not, and should" in worthless.output
    access("revoke", "mof", *WHY, status=1)
    assert access.told("list", "--body", "mof") == []
    assert secret not in access("list").output + access("plan", "--body", "mof").output


def test_apply_takes_what_is_not_the_bus_s_own_only_from_who_has_seen_it(access, realm):
    """Nobody sits at a terminal here: without --yes nothing is pruned."""
    foreign = Rule("test-other", Right(Resource.TOPIC, "cbrn-exercise.to.mof.alerts", False, Operation.READ))  # noqa: FBT003 - a row

    async def there():
        async with opened(realm) as cluster:
            return foreign in await cluster.rules()

    async def add():
        async with opened(realm) as cluster:
            await cluster.add_rules([foreign])

    asyncio.run(add())
    assert "test-other" in access("apply", *WHY).stdout
    refused = access("apply", "--prune", *WHY, status=2)
    assert "--yes" in refused.output
    assert asyncio.run(there())
    assert access.told("apply", "--prune", "--yes", *WHY)["pruned"] is True
    assert not asyncio.run(there())


def test_plan_says_what_is_to_be_done_by_its_exit_status(access, kafka, realm, tmp_path):
    """A page for an auditor is never written over what is no page."""
    access("issue", "mia", "--out", tmp_path / "mia.cbrn", "--at", kafka.bootstrap_servers, *WHY)
    access("plan", "--body", "mia")

    async def spoil():
        async with opened(realm) as cluster:
            await cluster.remove_rules(await cluster.rules("exercise.mia"))

    asyncio.run(spoil())
    page, other = tmp_path / "page.html", tmp_path / "other.txt"
    differs = access("plan", "--body", "mia", "--html", page, status=3)
    assert "+ exercise.mia: write topic cbrn-exercise.from.mia.*" in differs.stdout
    assert "cbrn-exercise.from.mia." in page.read_text()
    other.write_text("mine")
    access("plan", "--html", other, status=2)
    assert other.read_text() == "mine"
    access("apply", *WHY)
    access("plan", "--body", "mia")


def test_what_is_refused_leaves_nothing_behind(access, kafka, tmp_path):
    """Each in one line with a remedy; no file, no credential, no record."""
    out, kept = tmp_path / "out.cbrn", tmp_path / "kept.cbrn"
    kept.write_text("somebody's")
    authority = ("--authority", kafka.access.folder / "authority")
    requests = {
        "weak": weak_request(),
        "garbage": bytes(range(256)),
        "huge": new_request("water")[1].encode().replace(b"\n", b" " * 20_000 + b"\n", 1),
        "broken": new_request("water")[1].encode()[:200],
    }
    for name, content in requests.items():
        (tmp_path / name).write_bytes(content)
    at = ("--at", kafka.bootstrap_servers)
    for status, *arguments in (
        (2, "issue", "no-such-body", "--out", out, *at, *WHY),
        (1, "issue", "admin", "--certificate", *authority, "--out", out, *at, *WHY),
        (1, "issue", "bus.nothing", "--out", out, *at, *WHY),
        (2, "issue", "water", "--out", out, "--at", "nowhere:99999", *WHY),
        (2, "issue", "water", "--out", out, *at, "--reason", " "),
        (2, "issue", "water", "--out", out, *at, *authority, *WHY),
        (2, "issue", "water", "--out", out, *at, "--certificate", "--authority", tmp_path, *WHY),
        (2, "issue", "water.feed", "--process", "desk", "--out", out, *at, *WHY),
        *((2, "issue", "water", "--request", tmp_path / one, *authority, "--out", out, *at, *WHY) for one in requests),
        (2, "issue", "water", "--request", tmp_path / "none", *authority, "--out", out, *at, *WHY),
        (2, "rotate", "water", "--overlap", "soon", "--out", out, *at, *WHY),
        (1, "rotate", "water", "--out", out, *at, *WHY),
        (2, "revoke", "water", "--credential", "exercise.mof", *WHY),
        (1, "revoke", "water", "--credential", "exercise.water~7", *WHY),
        (2, "revoke", "admin", *WHY),
        (1, "revoke", "water", *WHY),
        (1, "issue", "water", "--out", kept, *at, *WHY),
    ):
        said = access(*arguments, status=status)
        assert said.stderr.strip(), arguments
        assert not out.exists(), arguments
    assert kept.read_text() == "somebody's"
    assert access.told("list", "--body", "water") == []


def test_a_request_is_answered_with_a_file_that_holds_no_secret(access, kafka, tmp_path):
    """The name in it counts for nothing; and a file that others may read is not used."""
    key, file = tmp_path / "moe.key", tmp_path / "moe.cbrn"
    access("request", "mof", "--out", key)
    assert key.stat().st_mode & 0o777 == 0o600
    access("request", "mof", "--out", key, status=1)
    authority = ("--authority", kafka.access.folder / "authority", "--at", kafka.settings().bootstrap_servers)
    access("issue", "moe", "--request", f"{key}.csr", "--out", file, *authority, *WHY)
    assert "PRIVATE KEY" not in file.read_text()
    assert access.told("test", file, "--key", key)["principal"] == "exercise.moe"
    file.chmod(0o644)
    assert "may read" in access("test", file, "--key", key, status=2).output
    access("test", kafka.credentials(), status=2)
    access("test", tmp_path / "none", status=2)

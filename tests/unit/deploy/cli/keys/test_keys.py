"""`cbrn keys` before a broker: a key is closed to others, two persons sign one after the other, a policy is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.command_line import CliRunner

from cbrn_deploy.cli.main import app
from cbrn_routing.signatures.body_key import BodyKey
from cbrn_routing.signatures.registration import Registration, parse_record


def cbrn(*arguments: Any, status: int = 0, **environment: str) -> Any:
    done = CliRunner(env=environment).invoke(app, ["keys", *map(str, arguments)])
    assert done.exit_code == status, done.output
    return done


@pytest.fixture
def persons(tmp_path: Path) -> tuple[Path, Path]:
    found = tmp_path / "aigul.pem", tmp_path / "bakyt.pem"
    for path, key in zip(found, (AIGUL, BAKYT), strict=True):
        path.write_bytes(key.to_pem(None))
    return found


def test_a_key_is_closed_to_others_never_printed_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "mes.pem"
    done = cbrn("new", "--body", "mes", "--system", "post-7", "--out", path)
    line = json.loads(done.stdout)
    key = BodyKey.from_file(path)
    assert (line["kid"], line["x"], line["body"], line["system"]) == (key.kid, key.x, "mes", "post-7")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().splitlines()[1] not in done.output
    assert "two persons" in done.stderr
    before = path.read_bytes()
    cbrn("new", "--body", "mes", "--out", path, status=1)
    assert path.read_bytes() == before


def test_an_encrypted_key_needs_its_passphrase(tmp_path: Path) -> None:
    path, words = tmp_path / "mes.pem", "four guessless words"
    cbrn("new", "--body", "mes", "--passphrase", "--out", path, status=1, CBRN_KEY_PASSPHRASE=words[:5])
    assert not path.exists()
    cbrn("new", "--body", "mes", "--passphrase", "--out", path, CBRN_KEY_PASSPHRASE=words)
    assert BodyKey.from_file(path, words).kid


def test_two_persons_sign_one_after_the_other(tmp_path: Path, persons: tuple[Path, Path]) -> None:
    """They sit in different houses: the second adds a signature to what the first has signed, and changes nothing."""
    line, half, whole = (tmp_path / name for name in ("line", "half", "whole"))
    line.write_text(cbrn("new", "--body", "bus", "--out", tmp_path / "keeper.pem").stdout)
    told = cbrn("register", line, "--key", persons[0], "--until", "2027-01-01", "--out", half, "--json")
    assert json.loads(told.stdout)["signatures"] == 1
    cbrn("register", half, "--body", "mes", "--key", persons[1], "--out", whole, status=2)
    cbrn("register", half, "--key", persons[1], "--out", whole)
    first, both = (parse_record(path.read_bytes()) for path in (half, whole))
    assert isinstance(both, Registration)
    assert (both.body, both.statement) == ("bus", first.statement)
    assert [each.key for each in both.signatures] == [AIGUL.public, BAKYT.public]


@pytest.mark.parametrize(
    ("given", "more", "why"),
    [
        ('{"kty":"OKP","crv":"Ed25519","x":"abc"}', ["--body", "mes"], "32 bytes"),
        ('{"kty":"EC","crv":"P-256","x":"abc"}', ["--body", "mes"], "OKP, Ed25519"),
        ("line", [], "whose key it is"),
        ("line", ["--body", "nobody"], "no body is called"),
        ("line", ["--body", "mes", "--until", "2020-01-01"], "ends before it begins"),
        ("line", ["--body", "mes", "--system", "a b"], "system"),
        ("mes.pem", ["--body", "mes"], "private key"),
        ("missing", ["--body", "mes"], "missing"),
    ],
)
def test_what_cannot_be_registered_is_refused_before_anybody_signs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, more: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("line").write_text(json.dumps({**json.loads(cbrn("new", "--body", "mes", "--out", "mes.pem").stdout)}))
    if why == "whose key it is":
        Path("line").write_text(json.dumps({"kty": "OKP", "crv": "Ed25519", "x": BodyKey.generate().x}))
    done = CliRunner().invoke(app, ["keys", "register", given, *more, "--out", "half"])
    assert done.exit_code != 0
    said = f"{done.output} {getattr(done.exception, 'message', done.exception)}"
    assert why in said
    assert not Path("half").exists()


def test_a_policy_is_shown_and_one_that_cannot_be_used_refused(tmp_path: Path) -> None:
    assert cbrn("policy").stdout == "optional  everybody: every event, window 24h\n"
    path = tmp_path / "policy.yaml"
    path.write_text(
        "policies:\n- {name: crisis-centre, for: {bodies: [mes], lanes: [incidents]}, signatures: required}\n"
        "- {name: everybody, signatures: 'off'}\n"
    )
    assert cbrn("policy", path).stdout.splitlines() == [
        "required  crisis-centre: mes; incidents, window 24h",
        "off       everybody: every event, window 24h",
    ]
    assert cbrn("policy", CBRN_SIGNATURES=str(path)).stdout.startswith("required")
    assert json.loads(cbrn("policy", "--json").stdout)["policies"][0]["signatures"] == "optional"
    path.write_text("policies: []")
    assert "policies" in cbrn("policy", path, status=2).output

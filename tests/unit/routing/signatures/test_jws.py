"""What is signed, and that nothing else passes for it: any changed bit, another topic, another body's key."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey
from tests.builders.activation import AIGUL, BAKYT
from tests.builders.signed import DAY, MES, MOH, NOW, by, register_of, registration, revocation, signed

from cbrn_routing.signatures.body_key import BodyKey, public_jwk, thumbprint, x_of
from cbrn_routing.signatures.errors import SigningKeyError
from cbrn_routing.signatures.jws import read_jws, registry, sign_event
from cbrn_routing.signatures.verdict import judge
from cbrn_schemas.envelope import STRUCTURED_CONTENT
from cbrn_schemas.errors import Reason
from cbrn_schemas.headers import SIGNATURE

KEYS = register_of(by(registration(), AIGUL, BAKYT), by(registration(MOH, "moh"), AIGUL, BAKYT)).keys
GOOD = signed()
HEADER = dict(GOOD.headers)[SIGNATURE]
FIXED = "eyJhbGciOiJFZDI1NTE5IiwiYjY0IjpmYWxzZSwiY3JpdCI6WyJiNjQiXSwia2lkIjoi"
"""How every protected header begins."""


def reason_of(one, keys=KEYS, taken=NOW):
    verdict = judge(one, taken, keys)
    return None if verdict is None or verdict.fault is None else verdict.fault.reason


def with_header(content):
    return GOOD._replace(headers=tuple((n, content if n == SIGNATURE else c) for n, c in GOOD.headers))


def test_a_good_signature_says_whose_it_is_and_when_it_was_made() -> None:
    verdict = judge(GOOD, NOW, KEYS)
    assert verdict is not None
    assert verdict.fault is None
    assert verdict.claims is not None
    assert (verdict.claims.kid, verdict.claims.topic, verdict.claims.id) == (MES.kid, GOOD.topic, "e0")
    assert verdict.age.total_seconds() == 0
    assert HEADER.decode().startswith(FIXED)


def test_what_is_not_signed_has_no_verdict() -> None:
    assert judge(GOOD._replace(headers=()), NOW, KEYS) is None


@given(st.integers(0, len(GOOD.value) * 8 - 1))
def test_any_flipped_bit_of_the_value_is_wrong(bit: int) -> None:
    changed = bytearray(GOOD.value)
    changed[bit // 8] ^= 1 << bit % 8
    assert reason_of(GOOD._replace(value=bytes(changed))) is Reason.SIGNATURE_WRONG


@given(st.integers(0, len(HEADER) * 8 - 1))
def test_any_flipped_bit_of_the_header_is_refused(bit: int) -> None:
    """Base64 has letters with spare bits: there is one form, or a copy could pass for another signature."""
    changed = bytearray(HEADER)
    changed[bit // 8] ^= 1 << bit % 8
    assert reason_of(with_header(bytes(changed))) in {Reason.SIGNATURE_WRONG, Reason.SIGNATURE_UNKNOWN}


@given(st.binary(max_size=300))
def test_whatever_stands_in_the_header_stops_nobody(content: bytes) -> None:
    assert reason_of(with_header(content)) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "one",
    [
        pytest.param(GOOD._replace(topic="cbrn.from.moh.incidents"), id="copied to another body"),
        pytest.param(GOOD._replace(topic="cbrn-exercise.from.mes.incidents"), id="copied to another realm"),
        pytest.param(GOOD._replace(topic="cbrn.from.mes.monitoring"), id="copied to another lane"),
        pytest.param(signed(MOH), id="another body's key"),
        pytest.param(GOOD._replace(headers=(*GOOD.headers, (SIGNATURE, HEADER))), id="two of them"),
        pytest.param(GOOD._replace(value=None), id="no value"),
        pytest.param(with_header(None), id="no content"),
        pytest.param(with_header(b"a" * 5000), id="too long"),
        pytest.param(with_header(HEADER.replace(b"..", b".e30.")), id="a payload of its own"),
    ],
)
def test_a_copy_or_a_foreign_key_is_worth_nothing(one) -> None:
    verdict = judge(one, NOW, KEYS)
    assert verdict is not None
    assert verdict.fault is not None
    assert verdict.fault.reason is Reason.SIGNATURE_WRONG
    assert verdict.fault.hint


@pytest.mark.parametrize(
    "changes",
    [{"alg": "EdDSA"}, {"alg": "none"}, {"b64": True}, {"crit": ["exp"]}, {"crit": []}, {"iat": "1"}],
    ids=str,
)
def test_other_algorithms_and_forms_are_refused(changes) -> None:
    """Nobody may choose a weaker one by saying so."""
    protected = json.loads(base64.urlsafe_b64decode(HEADER.split(b".")[0] + b"=="))
    made = base64.urlsafe_b64encode(json.dumps(protected | changes).encode()).rstrip(b"=")
    assert reason_of(with_header(made + b".." + HEADER.split(b".")[2])) is Reason.SIGNATURE_WRONG


def test_a_key_counts_from_when_until_when_it_is_registered() -> None:
    assert reason_of(GOOD, {}) is Reason.SIGNATURE_UNKNOWN
    assert reason_of(GOOD, taken=NOW + 31 * DAY) is Reason.SIGNATURE_UNKNOWN
    assert reason_of(GOOD, taken=NOW - 31 * DAY) is Reason.SIGNATURE_UNKNOWN


def test_a_revoked_key_is_refused_from_its_time_on_and_not_before() -> None:
    keys = register_of(by(registration(), AIGUL, BAKYT), by(revocation(), AIGUL)).keys
    assert reason_of(GOOD, keys, NOW - DAY) is None
    assert reason_of(GOOD, keys, NOW) is Reason.SIGNATURE_WRONG


def test_a_system_s_key_signs_for_that_system_alone() -> None:
    keys = register_of(by(registration(system="post-7"), AIGUL, BAKYT)).keys
    assert reason_of(signed(source="/mes/post-7"), keys) is None
    assert reason_of(GOOD, keys) is Reason.SIGNATURE_WRONG
    assert reason_of(signed(source="/mes/post-77"), keys) is Reason.SIGNATURE_WRONG


def test_the_keeper_s_key_signs_for_any_body_on_its_own_topic() -> None:
    keys = register_of(by(registration(body="bus"), AIGUL, BAKYT)).keys
    assert reason_of(GOOD, keys) is None
    assert reason_of(signed(source="/moh"), keys) is Reason.SIGNATURE_WRONG


def test_of_a_structured_event_the_whole_value_is_signed() -> None:
    own = (("content-type", STRUCTURED_CONTENT + b"+json"),)
    one = signed()
    header = next(each for each in one.headers if each[0] == SIGNATURE)
    verdict = judge(one._replace(headers=(*own, header)), NOW, KEYS)
    assert verdict is not None
    assert verdict.fault is None
    assert verdict.whole


def test_joserfc_verifies_what_we_sign_and_we_what_it_signs() -> None:
    """An independent reader: whoever follows the RFCs understands us."""
    key = OKPKey.import_key(public_jwk(MES.x))
    found = jws.deserialize_compact(HEADER, key, payload=GOOD.value, registry=registry())
    assert found.headers()["topic"] == GOOD.topic
    assert key.thumbprint() == MES.kid == thumbprint(MES.x)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_openssl_verifies_what_we_sign(tmp_path: Path) -> None:
    """As docs/signatures.md shows it for a client of any language."""
    read = read_jws(HEADER)
    pem = MES._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, content in {"key.pem": pem, "signed": read.signed(GOOD.value), "sig": read.signature}.items():
        (tmp_path / name).write_bytes(content)
    asked = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-rawin",
        "-in",
        "signed",
        "-sigfile",
        "sig",
    ]
    assert b"Verified Successfully" in subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True).stdout


def test_the_golden_signature_stays_what_it_is() -> None:
    """Ed25519 is deterministic: another signature over the same would be another form, which old readers refuse."""
    value = b'{"kind":"chemical-release"}'
    headers = [("ce_id", b"e-1"), ("ce_source", b"/mes"), ("ce_type", b"kg.cbrn.incident.chemical-release.v1")]
    golden = json.loads((Path(__file__).parent / "golden.json").read_text())
    assert golden["value"].encode() == value
    assert golden["jwk"] == public_jwk(MES.x)
    assert sign_event(MES, "cbrn.from.mes.incidents", headers, value, NOW)[1].decode() == golden["signature"]


def test_a_key_file_is_closed_to_others_and_may_be_encrypted(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(MES.to_pem("four guessless words"))
    path.chmod(0o644)
    with pytest.raises(SigningKeyError, match="anyone on this machine may read the signing key") as caught:
        BodyKey.from_file(path)
    assert "chmod 600" in caught.value.hint
    path.chmod(0o600)
    assert BodyKey.from_file(path, "four guessless words").kid == MES.kid
    with pytest.raises(SigningKeyError, match="is encrypted"):
        BodyKey.from_file(path)
    with pytest.raises(SigningKeyError, match="wrong passphrase"):
        BodyKey.from_file(path, "other words")
    with pytest.raises(SigningKeyError, match="cannot be read: No such file"):
        BodyKey.from_file(tmp_path / "none.pem")


def test_a_private_key_is_never_taken_for_a_public_one() -> None:
    with pytest.raises(SigningKeyError, match="private key"):
        x_of(MES.to_pem(None))
    with pytest.raises(SigningKeyError, match="private key"):
        x_of(json.dumps({**public_jwk(MES.x), "d": "secret"}).encode())
    pem = MES._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert x_of(pem) == x_of(json.dumps(public_jwk(MES.x)).encode()) == x_of(MES.x.encode()) == MES.x
    assert "PRIVATE" not in repr(MES)
    assert MES.to_pem(None).decode().splitlines()[1] not in repr(MES)

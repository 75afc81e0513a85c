"""What the keeper signs: a person's signed decision, and nothing that the body's password alone could bring about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.builders.activation import AIGUL, BAKYT, STRANGER, TRUST
from tests.builders.signed import MES, NOW, OTHER, Fetched, by, register_of, registration, signed

from cbrn_consumers.quarantine import fold_items
from cbrn_consumers.quarantine.decided import check_release, statement_of
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_routing.router.signed import _fault
from cbrn_routing.signatures.verdict import judge
from cbrn_routing.signing.releases import sign
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.person_decision import QuarantineDecision
from cbrn_schemas.records import quarantine_headers, quarantine_id
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

LATER = NOW + timedelta(days=3)
KEYS = register_of(by(registration(), AIGUL, BAKYT), by(registration(OTHER, "bus"), AIGUL, BAKYT)).keys


@pytest.fixture
def keeper(tmp_path):
    path = tmp_path / "keeper.pem"
    path.write_bytes(OTHER.to_pem(None))
    path.chmod(0o600)
    return QuarantineKeeper(Settings(signing_key=path), clock=lambda: LATER)


def set_aside(one):
    """The item of a record that a router has set aside."""
    error = InvalidEventError(Reason.SIGNATURE_STALE, where="header:cbrn_signature", message="old", hint="Look.")
    headers = quarantine_headers(one.headers, error, topic=one.topic, partition=1, offset=0, key=one.key, at="")
    name = quarantine_id(one.topic, 1, 0)
    record = Fetched("cbrn.bus.quarantine", 0, 0, 0, 1, name.encode(), one.value, headers)
    return fold_items([record])


def decision(key=None, by_name="Айгуль Асанова (mes)", **fields):
    made = QuarantineDecision(
        id="mes.d-1", body="mes", by=by_name, at=LATER, record="cbrn.from.mes.incidents/1/0", **fields
    )
    if key is None:
        return made
    public, signature = sign(key, statement_of(made, Realm.REAL))
    return made.model_copy(update={"key": public, "signature": signature})


def released(keeper, given, items):
    plan = check_release(given, items, TRUST, Realm.REAL, LATER)
    headers = keeper._headers(plan)
    record = Fetched(plan.topic, 0, 0, round(LATER.timestamp() * 1000), 1, plan.key, plan.value, headers)
    return record, judge(record, LATER, KEYS)


def counts(record, verdict):
    envelope = read_envelope([one for one in record.headers if one[0] != SIGNATURE], record.value)
    return verdict is not None and _fault(verdict, timedelta(hours=24), envelope) is None


@pytest.mark.parametrize("fields", [{}, {"new_id": "anew"}], ids=["as it was", "under a new id"])
def test_what_a_person_has_signed_for_is_signed_by_the_keeper_s_key(keeper, fields) -> None:
    """Days later the body's own signature is too old, and under another id it would be wrong."""
    record, verdict = released(keeper, decision(AIGUL, **fields), set_aside(signed()))
    assert counts(record, verdict)
    assert verdict.claims.kid == OTHER.kid


def test_a_correction_is_signed_too(keeper) -> None:
    corrected = signed().value.replace(b"Severe", b"Extreme").decode()
    record, verdict = released(keeper, decision(AIGUL, corrected=corrected), set_aside(signed()))
    assert counts(record, verdict)


def test_what_only_the_body_s_topic_speaks_for_is_never_signed(keeper) -> None:
    """With the body's password a thief could have a forgery set aside, and release it himself."""
    items = set_aside(signed())
    _, verdict = released(keeper, decision(), items)
    assert verdict.claims.kid == MES.kid, "the body's own signature stays with its bytes"
    _, verdict = released(keeper, decision(new_id="anew"), items)
    assert verdict is None


def test_without_a_key_the_keeper_signs_nothing() -> None:
    keeper = QuarantineKeeper(Settings(signing_key=None), clock=lambda: LATER)
    _, verdict = released(keeper, decision(AIGUL), set_aside(signed()))
    assert verdict.claims.kid == MES.kid


def test_a_stranger_s_signature_vouches_for_nothing(keeper) -> None:
    with pytest.raises(Exception, match="unknown-key"):
        check_release(decision(STRANGER), set_aside(signed()), TRUST, Realm.REAL, LATER)
    plan = check_release(decision(AIGUL), set_aside(signed()), TRUST, Realm.REAL, LATER)
    assert plan.vouched
    assert keeper._headers(replace(plan, vouched=False)) == plan.headers

"""Whose word on keys counts: two persons register, one revokes, for good; nobody else changes anything."""

from __future__ import annotations

import pytest
from tests.builders.activation import AIGUL, BAKYT, STRANGER, TRUST
from tests.builders.signed import DAY, MES, MOH, NOW, by, register_of, registration, revocation

from cbrn_routing.activation import Signer, Trust
from cbrn_routing.signatures.errors import RegistrationError
from cbrn_routing.signatures.register import KeyRegister
from cbrn_routing.signatures.registration import signed_also
from cbrn_schemas.topics import Realm

GOOD = by(registration(), AIGUL, BAKYT)


def refused(record, trust=TRUST, register=None, at=NOW):
    with pytest.raises(RegistrationError) as caught:
        (register or KeyRegister(Realm.REAL)).take(record, at, trust)
    assert caught.value.hint
    return str(caught.value)


def test_two_persons_register_a_key() -> None:
    (key,) = register_of(GOOD).keys.values()
    assert (key.kid, key.body, key.system, key.x) == (MES.kid, "mes", None, MES.x)
    assert key.by == ("Айгуль Асанова (mes)", "Bakyt Beishenov (moh)")
    assert [key.state(NOW + days * DAY) for days in (-31, 0, 31)] == ["not-yet", "valid", "expired"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (by(registration()), "two different persons must sign it; this was signed by nobody"),
        (by(registration(), AIGUL), "signed by Айгуль Асанова (mes) alone"),
        (by(registration(), AIGUL, STRANGER), "is not in the trust file"),
        (by(registration(), AIGUL, BAKYT, realm=Realm.EXERCISE), "is not over this record of cbrn"),
        (GOOD.replace(b'"body":"mes"', b'"body":"moh"'), "is not over this record"),
        (GOOD.replace(b'"system":null', b'"system":"a"'), "is not over this record"),
        (GOOD + b" ", "not in canonical form"),
        (GOOD.replace(b'{"kid"', b'{"more":1,"kid"'), "more"),
        (by(registration(body="nobody"), AIGUL, BAKYT), "no body has the code"),
        (by(registration(kid=MOH.kid), AIGUL, BAKYT), "not the thumbprint"),
        (by(registration(x="AAAA"), AIGUL, BAKYT), "32 bytes"),
        (by(registration(valid_until=NOW - 40 * DAY), AIGUL, BAKYT), "ends before it begins"),
        (None, "empty"),
        (b"x" * 20_000, "too large"),
        (b"{", "the whole"),
        (by(revocation()), "a person must sign it; this was signed by nobody"),
        (by(revocation(), STRANGER), "is not in the trust file"),
        (by(revocation(), AIGUL).replace(b"laptop", b"person"), "is not over this record"),
    ],
)
def test_a_record_that_is_not_signed_as_it_must_be_does_not_count(record: bytes, why: str) -> None:
    assert why in refused(record)


def test_without_a_trust_file_or_on_a_day_when_a_person_may_not_sign_nothing_counts() -> None:
    assert "there is no trust file" in refused(GOOD, Trust())
    first, second = TRUST.signers
    left = Signer(second.person, second.body, second.key, valid_until=(NOW - DAY).date())
    assert "may not sign on" in refused(GOOD, Trust((first, left)))


def test_one_person_under_two_names_is_one() -> None:
    first, second = TRUST.signers
    alias = Signer("Асанова Айгуль", second.body, second.key)
    assert "alone" in refused(GOOD, Trust((first, alias)))


def test_a_person_signs_a_record_once() -> None:
    record = signed_also(registration(), AIGUL, Realm.REAL)
    assert signed_also(record, AIGUL, Realm.REAL) is record


def test_one_person_revokes_for_good() -> None:
    register = register_of(GOOD, by(revocation(), BAKYT))
    (key,) = register.keys.values()
    assert key.revoked is not None
    assert (key.revoked.since, key.revoked.by) == (NOW, ("Bakyt Beishenov (moh)",))
    assert [key.state(NOW - DAY), key.state(NOW)] == ["valid", "revoked"]
    assert "was revoked" in refused(by(registration(valid_until=NOW + 90 * DAY), AIGUL, BAKYT), register=register)


def test_a_key_can_be_revoked_before_it_is_registered() -> None:
    """Stolen on its way to the two persons: their signatures may lie somewhere already."""
    register = register_of(by(revocation(), AIGUL))
    assert "was revoked" in refused(GOOD, register=register)


def test_a_later_revocation_does_not_make_what_was_stolen_good_again() -> None:
    register = register_of(GOOD, by(revocation(), AIGUL), by(revocation(since=NOW + DAY), AIGUL))
    assert register.keys[MES.kid].revoked.since == NOW
    register.take(by(revocation(since=NOW - DAY), AIGUL), NOW, TRUST)
    assert register.keys[MES.kid].revoked.since == NOW - DAY


def test_a_key_stays_with_its_body_and_may_be_given_longer() -> None:
    register = register_of(GOOD)
    register.take(by(registration(valid_until=NOW + 90 * DAY), AIGUL, BAKYT), NOW, TRUST)
    assert register.keys[MES.kid].valid_until == NOW + 90 * DAY
    assert "registered for mes already" in refused(by(registration(body="moh"), AIGUL, BAKYT), register=register)
    assert register.keys[MES.kid].body == "mes"

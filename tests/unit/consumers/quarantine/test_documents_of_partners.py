"""A partner's document goes back as it came, by a person whose name it then bears, or not at all."""

from dataclasses import replace

import pytest
from tests.builders.partners import NOW, TRUST
from tests.builders.router import Arrived

from cbrn_consumers.errors import CorrectionError, ReleaseRefusedError
from cbrn_consumers.quarantine.decided import check_release
from cbrn_consumers.quarantine.items import Item
from cbrn_consumers.quarantine.releasing import check_correction, check_unchanged, let_through, plan_release
from cbrn_producers.inbound.original import arrived
from cbrn_producers.inbound.overruling import OVERRULED
from cbrn_routing.signing.trust import Trust
from cbrn_schemas.errors import Reason
from cbrn_schemas.person_decision import QuarantineDecision
from cbrn_schemas.topics import Realm

ITEM = Item(
    id="cbrn.from.kz.originals/0/1",
    reason="signature-missing",
    where="document",
    message="kz signs its documents, and this one has no signature",
    hint="Ask the partner.",
    at="2026-05-11T03:00:00.000Z",
    topic="cbrn.from.kz.originals",
    key=None,
    headers=[("ce_id", b"sha256-x"), ("content-type", b"application/cap+xml")],
    value=b"<alert/>",
)


def test_it_goes_back_byte_for_byte_with_who_has_released_it():
    """Whoever reads the event later asks who vouched for it."""
    check_unchanged(ITEM)
    plan = let_through(plan_release(ITEM), ITEM, Realm.REAL, "Duty officer Asanov")
    assert (plan.topic, plan.value, plan.key) == ("cbrn.bus.overruled", b"<alert/>", None)
    found = arrived(Arrived(plan.value, plan.headers, plan.topic, None), NOW)
    assert (found.partner, found.released_by, found.received.isoformat()) == (
        "kz",
        "Duty officer Asanov",
        "2026-05-11T03:00:00+00:00",
    )


def test_what_a_partner_says_of_itself_is_not_believed():
    """It writes its own topic: it could name an officer of ours, or the time at which its certificate was good."""
    forged = [
        ("ce_time", b"2020-01-01T00:00:00Z"),
        ("cbrn_released_by", b"Duty officer Asanov"),
        ("cbrn_topic", b"cbrn.from.uz.originals"),
        ("cbrn_time", b"2020-01-01T00:00:00Z"),
    ]
    found = arrived(Arrived(b"<alert/>", forged, ITEM.topic, None), NOW)
    assert (found.partner, found.released_by, found.received) == ("kz", None, NOW)


def test_nobody_puts_words_into_a_partners_mouth():
    """A corrected document would bear the partner's name."""
    for given in ({"corrected": b"<alert>mine</alert>"}, {"new_id": "other"}):
        with pytest.raises(CorrectionError, match="as it came"):
            plan_release(ITEM, **given)
    with pytest.raises(CorrectionError, match="as it came"):
        check_correction(ITEM.topic, b"{}")


@pytest.mark.parametrize("reason", list(Reason))
def test_a_person_may_vouch_for_who_sent_it_and_for_nothing_else(reason):
    """What was altered, or cannot be read, no word makes right."""
    item = replace(ITEM, reason=reason.value)
    if reason in OVERRULED:
        check_unchanged(item)
    else:
        with pytest.raises(CorrectionError, match="set aside again") as caught:
            check_unchanged(item)
        assert "Ask the partner" in caught.value.hint


@pytest.mark.parametrize("body", ["kz", "uz"])
@pytest.mark.parametrize("trust", [Trust(()), TRUST])
def test_nobody_abroad_lets_a_document_through(trust, body):
    """Without a trust file a body mends what is its own; a partner would free itself of the signature asked of it."""
    decision = QuarantineDecision(id=f"{body}.1", body=body, record=ITEM.id, at=NOW, by=f"Somebody ({body})")
    with pytest.raises(ReleaseRefusedError, match="no partner vouches"):
        check_release(decision, {ITEM.id: ITEM}, trust, Realm.REAL, NOW)

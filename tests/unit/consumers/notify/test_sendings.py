"""What officers were sent and what came of it, folded for whoever looks."""

from datetime import UTC, datetime, timedelta

from tests.builders.desk_watch import code_sent

from cbrn_consumers.notify.sendings import OUTCOMES_MAX, SENDINGS_MAX, sendings_of
from cbrn_schemas.notice import NoticeOutcome

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)


def outcome(notice, result, attempt=1, **fields):
    said = {"realm": notice.realm, "body": notice.body, "notice": notice.id, "result": result, "attempt": attempt}
    return NoticeOutcome.model_validate(said | {"at": AT + timedelta(seconds=attempt)} | fields)


def test_the_newest_stands_first_and_says_what_matters_most():
    """An answer says more than that the network delivered; a final failure more than that it was tried."""
    one, other = (code_sent("duty-1", "mobile", "sms", code, AT) for code in ("1111", "2222"))
    said = [one, other, outcome(one, "failed"), outcome(one, "given-up", 2), outcome(other, "answered")]
    first, second = sendings_of([*said, outcome(other, "delivered", 2)])
    assert (first.notice.id, first.result, first.failed) == (other.id, "answered", False)
    assert (second.result, second.failed) == ("given-up", True)


def test_what_waits_has_no_result_and_what_belongs_to_nothing_is_left_out():
    """A reply from a stranger is of no notice."""
    one = code_sent("duty-1", "mobile", "sms", "1111", AT)
    (only,) = sendings_of([one, outcome(one, "sent").model_copy(update={"notice": None})])
    assert (only.result, only.failed, only.outcomes) == (None, False, [])


def test_it_is_bounded_and_the_last_outcome_counts():
    """A channel that is tried a thousand times fills no memory."""
    many = [code_sent("duty-1", "mobile", "sms", "1111", AT).model_copy(update={"id": f"mes.{n}"}) for n in range(9)]
    tries = [outcome(many[0], "failed", attempt) for attempt in range(1, 200)]
    found = sendings_of([*many, *tries, outcome(many[0], "sent", 200)])[-1]
    assert (len(found.outcomes), found.result) == (OUTCOMES_MAX, "sent")
    notice = many[0]
    crowd = (notice.model_copy(update={"id": f"mes.{number}"}) for number in range(SENDINGS_MAX + 5))
    assert len(sendings_of(crowd)) == SENDINGS_MAX

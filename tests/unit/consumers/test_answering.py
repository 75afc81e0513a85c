"""What a program answers: the same words are the same receipt, and the bus's own alarms have no answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.builders.golden import event
from tests.builders.inbox import alert

from cbrn_consumers import Answers, ReceiptError
from cbrn_consumers.answering import receipt_for
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.records import Alarm
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

AT = datetime(2026, 11, 27, 3, tzinfo=UTC)


def said(act="acknowledged", given=None, **fields):
    told = given or alert(event("chemical-release"), id="e-1")
    return receipt_for(told, act, **{"realm": Realm.REAL, "body": "moh", "at": AT, "by": "Duty desk", **fields})


def test_a_handler_that_is_tried_again_gives_the_same_receipt():
    """It counts once, whatever the clock said."""
    assert said().id == said(at=AT.replace(hour=5)).id
    assert said().id.startswith("moh.")


@pytest.mark.parametrize(
    "other",
    [
        {"act": "accepted"},
        {"by": "Duty officer Asanov"},
        {"text": "two teams"},
        {"realm": Realm.EXERCISE},
        {"body": "mia"},
        {"given": alert(event("chemical-release"), id="e-2")},
        {"given": alert(event("chemical-release"), id="e-1", level=1)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_other_words_are_another_receipt(other):
    """A body that takes back what it declined must be heard."""
    assert said(**other).id != said().id
    assert said(**other, id="moh.mine").id == "moh.mine" if other.get("body") != "mia" else True


def test_an_alarm_of_the_bus_has_no_situation_to_answer_for():
    """The program is told so, and what to do instead."""
    alarm = Alarm(quarantine_id="a/0/1", body="mes", at=AT, reason="not-json", where="value", message="m", hint="h")
    with pytest.raises(ReceiptError, match="has no situation") as refused:
        said(given=alert(alarm))
    assert refused.value.hint


async def test_a_body_of_no_catalogue_is_refused_before_a_broker_is_asked():
    """And closing what never connected is no error."""
    with pytest.raises(UnknownCodeError):
        Answers("nobody", settings=Settings())
    await Answers("moh", settings=Settings()).close()

"""The test of a channel before a shift: a code by the senders themselves, and the answer as a fact of the watch."""

import pytest
from tests.builders.notify import MAIL, MOBILE, START, mail, mobile, officer
from tests.unit.consumers.notify.test_notifier import Desk

from cbrn_consumers.notify.channel import SENT, passing, refused
from cbrn_schemas.errors import BusError
from cbrn_schemas.shift import ChannelTestAsked
from cbrn_schemas.topics import Realm

TELEGRAM = {"name": "chat", "kind": "telegram", "to": "12345678"}


def asked(name="mes.1", post="duty-1", **more):
    named = {"id": name, "realm": Realm.REAL, "body": "mes", "post": post, "by": "Duty officer", "at": START}
    return ChannelTestAsked(**named, **more)


def facts(desk):
    return [(fact.channel, fact.outcome, fact.why) for fact in desk.facts]


async def probe(desk, what=None):
    await desk.notifier.test(what or asked())
    await desk.settle()


async def test_a_code_goes_out_over_each_channel_and_the_reply_by_sms_is_the_answer():
    desk = Desk(officer("duty-1", mobile(), mail()), officer("duty-2", mobile("+996700111222")))
    await probe(desk)
    assert [number for _, number in desk.sms.sent] == [MOBILE], "nobody else is tried"
    assert sorted(facts(desk)) == [("mobile", "sent", "no-answer"), ("office", "sent", "no-answer")]
    desk.facts.clear()
    await desk.hear(f"A {desk.code()}")
    assert facts(desk) == [("mobile", "answered", None)]
    assert desk.facts[0].by == "Duty officer duty 1"
    assert not desk.receipts, "a test acknowledges nothing"
    assert "mes" not in desk.sms.sent[-1][0].text, "the answer names no situation"
    letter = desk.mail.sent[0][0]
    assert f'cbrn shift answer {letter.code} --body mes --by "Duty officer duty 1"' in letter.text
    assert letter.code != desk.code()
    assert not any(MAIL in one.model_dump_json() or "555123456" in one.model_dump_json() for one in desk.facts)


async def test_a_test_is_sent_once_also_after_a_restart_and_its_code_still_counts():
    desk = Desk()
    await probe(desk)
    again = Desk(history=desk.history)
    await again.notifier.take_up()
    await probe(again)
    assert not again.sms.sent
    await again.hear(f"A {desk.code()}")
    assert facts(again) == [("mobile", "answered", None)]


async def test_what_cannot_be_sent_is_said_once_and_why():
    desk = Desk(officer("duty-1", mobile(), mail(), TELEGRAM))
    outcomes = iter((passing("away"), passing("away"), refused("550")))

    async def send(notice, address):
        return next(outcomes)

    async def sleep(_):
        pass

    desk.sms.send = send
    desk.notifier.pools["sms"]._sleep = sleep
    await probe(desk)
    assert sorted(facts(desk)) == [
        ("chat", "failed", "no-sender"),
        ("mobile", "failed", "not-reached"),
        ("office", "sent", "no-answer"),
    ]


async def test_only_the_channel_that_was_named_is_tried():
    desk = Desk()
    await probe(desk, asked(channel="office"))
    assert facts(desk) == [("office", "sent", "no-answer")]


async def test_a_broker_that_is_away_stops_no_pool_and_an_answer_comes_again():
    desk = Desk()
    desk.receipts_fail = True
    await probe(desk)
    assert not desk.facts
    with pytest.raises(BusError):
        await desk.hear(f"A {desk.code()}")
    desk.receipts_fail = False
    await desk.hear(f"A {desk.code()}")
    assert facts(desk) == [("mobile", "answered", None)]


async def test_that_it_was_sent_is_never_said_after_that_it_was_answered():
    """A reply can be quicker than the word of the sender: the last word must be that it works."""
    desk = Desk(officer("duty-1", mobile()))

    async def send(notice, address):
        if notice.code is not None:
            await desk.notifier.hear(address, f"A {notice.code}")
        return SENT

    desk.sms.send = send
    await probe(desk)
    assert facts(desk) == [("mobile", "answered", None)]

"""Who is sent what, and what a reply comes to: without a network, on a clock of the test's."""

import asyncio
from datetime import timedelta

import pytest
from tests.builders.notify import (
    MAIL,
    MOBILE,
    START,
    FakeChannel,
    FakeHistory,
    alert,
    mail,
    mobile,
    officer,
    unanswered,
)

from cbrn_consumers.alert import Origin
from cbrn_consumers.notify.codes import WRONG_MAX
from cbrn_consumers.notify.composing import Composer
from cbrn_consumers.notify.notifier import Notifier
from cbrn_consumers.notify.pool import Pool
from cbrn_consumers.notify.useless import REFUSED_MAX, STRANGERS_MAX
from cbrn_schemas.errors import BusError
from cbrn_schemas.topics import Realm

BELL = {"name": "desk", "kind": "bell"}


class Desk:
    """A notifier with two channels, and what came of it."""

    def __init__(self, *officers, history=None):
        self.officers = list(officers) or [officer("duty-1", mobile(), mail())]
        self.history = history or FakeHistory()
        self.now, self.steady = START, 1000.0
        self.receipts, self.receipts_fail, self.facts = [], False, []
        self.sms, self.mail = FakeChannel(), FakeChannel()
        composer = Composer("mes", Realm.REAL, lambda: self.now)
        self.notifier = Notifier(
            composer,
            self,
            self.history,
            self,
            clock=lambda: self.now,
            steady=lambda: self.steady,
            facts=self.said,
        )
        self.notifier.pools = {
            "sms": Pool(self.sms, self.notifier.told),
            "email": Pool(self.mail, self.notifier.told),
        }

    def listed(self):
        return self.officers

    def asked(self, _alert):
        return self.officers

    async def write(self, receipt):
        if self.receipts_fail:
            raise BusError("no broker")
        self.receipts.append(receipt)

    async def said(self, fact):
        if self.receipts_fail:
            raise BusError("no broker")
        self.facts.append(fact)

    def later(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.steady += seconds

    async def settle(self):
        """Let the pools send what they have."""
        for pool in self.notifier.pools.values():
            while tasks := [one.task for one in pool._addresses.values()]:
                await tasks[0]

    async def take(self, *alerts):
        for one in alerts:
            await self.notifier.take(one)
        await self.settle()

    async def hear(self, text, number=MOBILE):
        await self.notifier.hear(number, text)
        await self.settle()

    def code(self):
        return next(one.code for one, _ in self.sms.sent if one.code)


async def test_an_alert_goes_out_over_every_channel_and_is_on_record():
    desk = Desk()
    await desk.take(alert())
    ((by_sms, number),), ((by_mail, address),) = desk.sms.sent, desk.mail.sent
    assert (number, address) == (MOBILE, MAIL)
    assert by_sms.text.endswith(f"A {by_sms.code}")
    assert by_mail.code is None
    assert "cbrn ack KG-2026-chlorine --as mes" in by_mail.text
    assert desk.history.results() == ["sent", "sent"]
    assert not any(
        MAIL in one.model_dump_json() or "555123456" in one.model_dump_json() for one in desk.history.records
    )


async def test_nothing_is_sent_before_it_is_written_down_and_an_alarm_is_counted_once():
    """Whoever gives the alert tries again; the flood must not begin since the broker was away."""
    desk = Desk()
    desk.history.broken = True
    for _ in range(30):
        with pytest.raises(BusError):
            await desk.notifier.take(alert())
    assert not desk.sms.sent
    desk.history.broken = False
    await desk.take(alert())
    assert len(desk.sms.sent) == len(desk.mail.sent) == 1


async def test_after_a_restart_what_was_not_sent_is_sent_under_the_same_id_and_what_was_is_not():
    desk = Desk()
    await desk.notifier.take(alert(1))
    await desk.settle()
    sent = [one.id for one, _ in desk.sms.sent]
    desk.history.records = [
        one for one in desk.history.records if getattr(one, "channel", "") != "office" or not hasattr(one, "result")
    ]
    again = FakeHistory()
    await again.write(*desk.history.records)
    desk = Desk(history=again)
    await desk.notifier.take_up()
    await desk.settle()
    assert not desk.sms.sent
    assert len(desk.mail.sent) == 1
    await desk.take(alert(1))
    assert (desk.sms.sent, len(desk.mail.sent)) == ([], 1), "Kafka gave the alert again"
    await desk.hear(f"A {again.ledger.get(sent[0]).code}")
    assert len(desk.receipts) == 1, "its code counts after the restart"


async def test_a_channel_whose_notice_was_not_written_before_a_crash_is_made_up_for():
    """A broker takes one record and dies before the next: the officer's other channel must not be forgotten."""
    whole = Desk()
    await whole.take(alert())
    half = FakeHistory()
    await half.write(*whole.history.notices(kind="email"))
    desk = Desk(history=half)
    await desk.notifier.take_up()
    await desk.take(alert())
    assert (len(desk.mail.sent), len(desk.sms.sent)) == (1, 1)


async def test_a_flood_folds_into_a_digest_a_minute_and_extreme_ones_go_out_at_once():
    desk = Desk(officer("duty-1", mobile()))
    await desk.take(*(alert(number) for number in range(10)))
    assert len(desk.sms.sent) == 10
    await desk.take(*(alert(number) for number in range(10, 40)), alert(99, severity="Extreme"))
    assert len(desk.sms.sent) == 11
    await desk.notifier.send_digests()
    await desk.settle()
    assert len(desk.sms.sent) == 11, "not before a minute"
    desk.later(60)
    await desk.notifier.send_digests()
    await desk.settle()
    digest = desk.sms.sent[-1][0]
    assert (digest.digest_of, digest.code) == (30, None)
    assert digest.text.startswith("30 ")
    await desk.take(alert(40))
    desk.later(59)
    await desk.notifier.send_digests()
    await desk.settle()
    assert len(desk.sms.sent) == 12
    desk.later(1)
    await desk.notifier.send_digests()
    await desk.settle()
    assert desk.sms.sent[-1][0].digest_of == 1, "what was told is not told again"


async def test_what_a_flood_held_back_is_told_after_a_restart():
    desk = Desk(officer("duty-1", mobile()))
    await desk.take(*(alert(number) for number in range(15)))
    again = Desk(officer("duty-1", mobile()), history=desk.history)
    await again.notifier.take_up()
    again.later(61)
    await again.notifier.send_digests()
    await again.settle()
    assert [one.digest_of for one, _ in again.sms.sent] == [5]
    await again.take(alert(14), alert(12))
    assert len(again.sms.sent) == 1, "Kafka gave them again"
    again.later(61)
    await again.notifier.send_digests()
    await again.settle()
    assert len(again.sms.sent) == 1


async def test_what_a_flood_held_back_of_an_officer_who_is_gone_is_on_record():
    desk = Desk(officer("duty-1", mobile()))
    await desk.take(*(alert(number) for number in range(12)))
    desk.officers = [officer("duty-2", mobile())]
    desk.later(61)
    await desk.notifier.send_digests()
    assert desk.history.results()[-2:] == ["unreachable", "unreachable"]
    await desk.notifier.send_digests()


async def test_a_reply_acknowledges_once():
    desk = Desk()
    await desk.take(alert())
    await desk.hear(f"А {desk.code()}")
    (receipt,) = desk.receipts
    assert (receipt.act, receipt.situation, receipt.event.id) == ("acknowledged", "KG-2026-chlorine", "e-1")
    assert receipt.by == "Duty officer duty 1"
    assert "кабыл алынды" in desk.sms.sent[-1][0].text
    await desk.hear(f"A {desk.code()}")
    assert len(desk.receipts) == 1
    assert "колдонулган" in desk.sms.sent[-1][0].text
    results = desk.history.results()
    assert results.count("answered") == results.count("reply-refused") == 1


async def test_a_reply_to_an_alarm_of_the_watch_acknowledges_what_it_is_about():
    desk = Desk()
    await desk.take(unanswered("second-officer"))
    await desk.hear(f"A {desk.code()}")
    (receipt,) = desk.receipts
    assert (receipt.situation, receipt.event.source, receipt.event.id) == ("KG-2026-chlorine", "/mes", "e-1")


async def test_who_only_hears_of_an_alarm_of_the_watch_is_given_no_code():
    desk = Desk()
    await desk.take(unanswered("second-officer", role="inform"))
    assert all(each.code is None for each in desk.history.notices())


async def test_a_reply_whose_receipt_cannot_be_written_comes_again_and_counts():
    desk = Desk()
    await desk.take(alert())
    desk.receipts_fail = True
    with pytest.raises(BusError):
        await desk.hear(f"A {desk.code()}")
    desk.receipts_fail = False
    await desk.hear(f"A {desk.code()}")
    assert len(desk.receipts) == 1


@pytest.mark.parametrize(("text", "why"), [("A 0000", "code-unknown"), ("yes", "code-missing")])
async def test_a_reply_that_is_no_answer_is_told_so(text, why):
    desk = Desk()
    await desk.take(alert())
    while desk.code() == "0000":
        pytest.skip("one in ten thousand")
    await desk.hear(text)
    assert not desk.receipts
    assert desk.history.records[-3].why == why
    assert len(desk.sms.sent) == 2


async def test_a_telephone_that_answers_by_itself_is_not_answered_for_ever():
    desk = Desk()
    for _ in range(50):
        await desk.hear("I am away. Write to my deputy.")
    assert len(desk.sms.sent) == len(desk.history.results()) - len(desk.sms.sent) == REFUSED_MAX
    await desk.take(alert())
    await desk.hear(f"A {desk.code()}")
    assert len(desk.receipts) == 1


async def test_a_thousand_guesses_open_nothing_and_who_is_locked_out_is_told():
    desk = Desk()
    await desk.take(alert())
    right = desk.code()
    for guess in (number for number in range(1_000) if f"{number:04}" != right):
        await desk.hear(f"A {guess:04}")
    await desk.hear(f"A {right}")
    assert not desk.receipts
    said = [one.text for one, _ in desk.sms.sent[1:]]
    assert len(said) == REFUSED_MAX
    assert len(set(said)) > 1
    desk.later(3601)
    await desk.hear(f"A {right}")
    assert len(desk.receipts) == 1


async def test_of_one_telephone_of_two_officers_whoever_was_sent_the_code_has_answered():
    desk = Desk(officer("duty-1", mobile()), officer("duty-2", mobile()))
    desk.asked = lambda _alert: desk.officers[1:]
    await desk.take(alert())
    await desk.hear(f"A {desk.code()}")
    assert desk.receipts[0].by == "Duty officer duty 2"


@pytest.mark.parametrize("said", [{"title": "1"}, {"title": "ң" * 200, "name": "ө" * 200}])
async def test_a_reply_counts_whatever_the_officer_is_called(said):
    """A receipt that nobody takes broke the SMS session off, again and again."""
    desk = Desk(officer("duty-1", mobile(), **said))
    await desk.take(alert())
    await desk.hear(f"A {desk.code()}")
    assert len(desk.receipts) == 1


async def test_what_was_not_sent_for_a_day_is_not_sent_after_a_restart():
    first = Desk()
    first.notifier.pools = {}
    first.history.note = lambda *_: asyncio.sleep(0)
    await first.take(alert())
    second = Desk(history=FakeHistory())
    second.history.ledger = first.history.ledger
    second.now = START + timedelta(hours=25)
    await second.notifier.take_up()
    await second.settle()
    assert not second.sms.sent
    assert second.history.results() == ["too-old", "too-old"]


async def test_replies_from_strangers_are_not_answered_and_do_not_fill_the_history():
    desk = Desk()
    await desk.take(alert())
    for _ in range(STRANGERS_MAX * 3):
        await desk.hear(f"A {desk.code()}", number="+99890000000")
    assert not desk.receipts
    assert len(desk.sms.sent) == 1
    assert desk.history.results().count("reply-refused") == STRANGERS_MAX


async def test_an_alert_that_is_too_old_wakes_nobody_and_is_on_record():
    """Whoever starts this anew would be sent ninety days of alerts."""
    desk = Desk()
    old = alert(origin=Origin("cbrn.to.mes.alerts", 0, 1, START - timedelta(hours=25)))
    await desk.take(old, old)
    assert not desk.sms.sent
    assert desk.history.results() == ["too-old"]


async def test_whom_nothing_reaches_is_on_record():
    desk = Desk(officer("duty-1"))
    await desk.take(alert(1))
    desk.officers = []
    await desk.take(alert(2))
    desk.officers = [officer("duty-1", {"name": "chat", "kind": "telegram", "to": "123456"})]
    await desk.take(alert(3))
    assert desk.history.results() == ["unreachable", "unreachable", "given-up"]


async def test_a_restricted_alert_goes_out_without_what_it_is_about():
    desk = Desk()
    await desk.take(alert(restricted=True))
    for one, _ in (*desk.sms.sent, *desk.mail.sent):
        assert "Химиялык" not in one.subject + one.text


async def test_whoever_guesses_codes_is_not_listened_to_after_a_restart_either():
    """Also where the number had used up its answers before."""
    desk = Desk()
    await desk.take(alert())
    for text in ["who is there"] * REFUSED_MAX + ["A 0000"] * WRONG_MAX:
        await desk.hear(text)
    again = Desk(history=desk.history)
    again.now = desk.now + timedelta(minutes=59)
    await again.notifier.take_up()
    await again.hear(f"A {desk.code()}")
    assert again.receipts == []
    again.later(120)
    await again.hear(f"A {desk.code()}")
    assert len(again.receipts) == 1


async def test_a_flood_that_goes_on_is_still_one_after_a_restart_and_an_extreme_alarm_goes_out_at_once():
    """Between five and ten in the window it depends on what was before it; and a digest is not sent twice a minute."""
    desk = Desk()
    await desk.take(*(alert(number) for number in range(1, 12)))
    desk.later(300)
    await desk.take(*(alert(number) for number in range(12, 18)))
    desk.later(290)
    await desk.notifier.send_digests()
    await desk.settle()
    desk.later(21)
    again = Desk(history=desk.history)
    again.now, again.steady = desk.now, desk.steady
    await again.notifier.take_up()
    await again.take(alert(18))
    assert again.sms.sent == [], "six lie in the window: it goes on"
    await again.take(alert(19, severity="Extreme"))
    assert [one.severity for one, _ in again.sms.sent] == ["Extreme"]
    again.later(38)
    await again.notifier.send_digests()
    await again.settle()
    assert len(again.sms.sent) == 1, "the last digest is 59 s old"
    again.later(2)
    await again.notifier.send_digests()
    await again.settle()
    assert [one.digest_of for one, _ in again.sms.sent] == [None, 1]

"""How the alarm about a copy that waits ends by itself, wherever an officer reads it."""

import json
from types import SimpleNamespace

import pytest
from tests.builders.desk_store import desk_store
from tests.builders.partners import NOW, Desk, copy_of, outbound, write_agreement

from cbrn_consumers.alert import read_alert
from cbrn_consumers.desk.store.records import Kept
from cbrn_consumers.inbox import GroupType, Inbox, Silences, delivery_of
from cbrn_consumers.inbox.group import Change
from cbrn_consumers.notify.writing import notice_of
from cbrn_schemas.held_alarm import HeldAlarm
from cbrn_schemas.topics import Lane

MFA, MES = "A. Asanova (mfa)", "C. Chynybaev (mes)"


@pytest.fixture
def desk(tmp_path):
    return Desk(write_agreement(tmp_path / "agreements"))


def told(desk, body="mfa"):
    """What a body was told, as records of its alerts."""
    topic = f"cbrn.to.{body}.alerts"
    said = [each for step in desk.steps for each in step.outputs if each.topic == topic]
    milliseconds = int(NOW.timestamp() * 1000)
    return [
        SimpleNamespace(
            topic=topic,
            partition=0,
            offset=number,
            key=each.key,
            headers=each.headers,
            value=each.value,
            timestamp=milliseconds + number,
            timestamp_type=1,
        )
        for number, each in enumerate(said)
    ]


def lines(desk, body="mfa"):
    """What stands in a body's inbox."""
    box = Inbox(Silences(body))
    notices = [n for each in told(desk, body) for n in box.take(delivery_of(read_alert(each), Lane.INCIDENTS), NOW)]
    return box.view(NOW).lines, notices


async def release(desk):
    await desk.decide(MFA, "e-1", reason="call 17")


async def refuse(desk):
    await desk.decide(MES, "e-1", "refuse", reason="no matter of theirs")


async def let_pass(desk):
    desk.later(hours=25)
    await desk.look()


async def cancel(desk):
    await desk.look(outbound("e-2", message_type="Cancel", references=["e-1"]))


@pytest.mark.parametrize(
    ("end", "how", "said"),
    [
        (release, "released", "has left for the partner"),
        (refuse, "refused", "was refused for good"),
        (let_pass, "expired", "was not released in time"),
        (cancel, "withdrawn", "is over"),
    ],
)
async def test_whoever_was_told_that_a_copy_waits_is_told_how_that_ended(desk, end, how, said):
    """Whoever has decided, and also where nobody has: an inbox full of what is over hides what is not."""
    await desk.look(outbound("e-1"))
    (line,), _ = lines(desk)
    assert (line.key.sort, line.ended) == (GroupType.HELD, False)
    await end(desk)
    for body in ("mfa", "mes"):
        (line, *_), notices = lines(desk, body)
        assert line.ended
        assert Change.SETTLED in line.changed
        assert said in line.headlines["en"]
        assert Change.SETTLED in notices[-1].told[0].changes, "told at once"
        alarm = HeldAlarm.model_validate_json(told(desk, body)[-1].value)
        assert (alarm.ended, alarm.copy_id) == (how, copy_of("e-1"))
        assert all("partners show" in alarm.texts[lang].instruction for lang in ("en", "ru", "ky"))
    assert await desk.look() == [], "once"


async def test_it_says_by_whose_word(desk):
    """Whoever comes in the morning asks that first."""
    await desk.look(outbound("e-1"))
    await release(desk)
    alarm = HeldAlarm.model_validate_json(told(desk)[-1].value)
    assert (alarm.by, alarm.why) == ((MFA,), "reason given: call 17")
    assert MFA in alarm.texts["ky"].description


async def test_of_a_restricted_one_nothing_is_said_that_a_person_wrote(desk):
    """A reason tells what it is about."""
    await desk.look(outbound("e-1", restricted=True))
    await release(desk)
    await desk.decide(MES, "e-1", reason="the dam above the village")
    record = told(desk)[-1]
    assert b"village" not in record.value
    assert dict(record.headers)["cbrn_restricted"] == b"true"
    assert HeldAlarm.model_validate_json(record.value).by == (MFA, MES)


async def test_who_was_told_by_a_former_agreement_hears_the_end_too(desk, tmp_path):
    """The alarm stands in its inbox, whoever decides now."""
    await desk.look(outbound("e-1"))
    write_agreement(tmp_path / "agreements", release={"persons": 1, "bodies": ["mes"], "within": "24h"}, version=2)
    await desk.look()
    await refuse(desk)
    (line,), _ = lines(desk)
    assert line.ended


async def test_who_was_never_told_hears_nothing(tmp_path):
    """What left by itself was nobody's matter."""
    desk = Desk(write_agreement(tmp_path / "agreements"))
    await desk.look(outbound("e-1", severity="Extreme"))
    assert desk.copy("e-1").end.automatic
    assert told(desk) == []


async def test_a_telephone_reads_how_it_ended(desk):
    """An officer who was called in the night may lie down again."""
    await desk.look(outbound("e-1"))
    await refuse(desk)
    first, last = (notice_of(read_alert(each), "en", 160) for each in told(desk))
    assert "waits for a person" in first
    assert "was refused for good" in last


async def test_the_desk_s_log_says_how_it_ended(desk, tmp_path):
    """The list of copies has lost it; the log of the shift tells why."""
    await desk.look(outbound("e-1"))
    await refuse(desk)
    store = desk_store(tmp_path, "mfa", clock=lambda: NOW)
    try:
        given = [{name: each for name, each in vars(one).items() if name != "timestamp_type"} for one in told(desk)]
        await store.take([Kept(**each) for each in given])
        last, first = await store.log("mfa")
    finally:
        await store.close()
    assert [each.act for each in (first, last)] == ["held-copy"] * 2
    assert "waits" in first.headlines["en"]
    assert "was refused for good" in last.headlines["en"]
    assert last.situation == json.loads(told(desk)[-1].value)["situation"]


def test_what_former_versions_said_of_an_expired_one_is_over():
    """They had no other word for it."""
    alarm = HeldAlarm(
        copy_id="kz/mes/e-1",
        partner="kz",
        matter="expired",
        situation="KG-1",
        event_kind="chemical-spill",
        at=NOW,
        why="in vain",
    )
    assert alarm.ends

"""A flood of junk does not drown those who answer alarms; nor is anything lost, or anybody else kept silent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.builders.golden import chlorine
from tests.builders.router import NOW, Arrived, record, sit

from cbrn_routing.router.refusals import ALONE_MAX, WITHIN
from cbrn_routing.router.state import ShardState
from cbrn_schemas.records import MORE_REFUSED, Alarm, rfc3339

if TYPE_CHECKING:
    from cbrn_routing.router import Dispatcher

CENTRE = "cbrn.to.mes.alerts"


def junk(count: int, body: str = "moh", value: bytes = b"{") -> list[Arrived]:
    found = [record(value, source=f"/{body}") for _ in range(count)]
    for one in found:
        one.topic = f"cbrn.from.{body}.incidents"
    return found


def alarms(dispatcher: Dispatcher, state: ShardState, records: list[Arrived], now: datetime = NOW) -> list[str]:
    """Reasons of which the crisis centre is told; the publisher hears the same, and all lie in quarantine."""
    written, tally = sit(dispatcher, *records, state=state, now=now)
    told, heard = (
        [(each.key, each.value) for each in written.sent if each.topic == topic]
        for topic in (CENTRE, records[0].topic.replace("from", "to").replace("incidents", "alerts"))
    )
    assert heard == told
    assert tally.counts["quarantined"] == len(written.records["cbrn.bus.quarantine"]) == len(records)
    assert tally.counts["told of together"] == len(records) - len(told)
    return [json.loads(value or b"")["reason"] for _, value in told]


def test_ten_of_a_reason_are_told_of_one_by_one_and_the_eleventh_for_all_that_follow(dispatcher: Dispatcher) -> None:
    """However they are dealt into batches; after a minute it begins anew."""
    state = ShardState()
    one_by_one = ["not-json"] * ALONE_MAX
    assert alarms(dispatcher, state, junk(4)) == ["not-json"] * 4
    assert alarms(dispatcher, state, junk(1_000)) == ["not-json"] * (ALONE_MAX - 4) + [MORE_REFUSED]
    assert alarms(dispatcher, state, junk(1_000), NOW + WITHIN - timedelta(milliseconds=1)) == []
    assert alarms(dispatcher, state, junk(1_000), NOW + WITHIN) == [*one_by_one, MORE_REFUSED]
    assert alarms(dispatcher, state, junk(1), NOW) == ["not-json"], "a clock that was put back keeps nobody silent"


def test_another_bodys_mistake_and_another_mistake_of_the_same_body_are_told_of_at_once(dispatcher: Dispatcher) -> None:
    """An outbreak that lacks a field must not go under in somebody's junk, nor in that of its own publisher."""
    state = ShardState()
    alarms(dispatcher, state, junk(1_000))
    assert alarms(dispatcher, state, junk(1, body="mes")) == ["not-json"]
    assert alarms(dispatcher, state, junk(1, value=json.dumps(chlorine(situation=None)).encode())) == ["missing-field"]


def test_who_takes_a_shard_over_tells_rather_once_more_than_not(dispatcher: Dispatcher) -> None:
    """What was handled and not committed is thrown away with the state: its alarms must come again."""
    alarms(dispatcher, ShardState(), junk(1_000))
    assert alarms(dispatcher, ShardState(), junk(1)) == ["not-json"]


def test_an_alarm_for_many_says_how_long_it_counts_and_where_they_lie(dispatcher: Dispatcher) -> None:
    """In the languages of those who read it, and in the form that programs of agencies know."""
    written, _ = sit(dispatcher, *junk(ALONE_MAX + 1))
    alarm = Alarm.model_validate_json(written.records[CENTRE][-1][1] or b"")
    assert alarm.quarantine_id == f"cbrn.from.moh.incidents/1/{ALONE_MAX}"
    assert rfc3339(NOW + WITHIN) in alarm.message
    assert "not-json" in alarm.message
    for lang, said in {"ru": "Таких же отклонено много", "ky": "Ушундайлар көп", "en": "none is told"}.items():
        text = alarm.texts[lang]  # type: ignore[index] - a language
        assert said in text.headline
        assert "`cbrn quarantine list`" in (text.instruction or "")


def test_a_partner_abroad_is_not_told_what_could_not_be_read_of_it(dispatcher: Dispatcher) -> None:
    """Nothing leaves that nobody has released, an alarm of ours neither."""
    written, _ = sit(dispatcher, *junk(1, body="kz"), state=ShardState(), now=NOW)
    assert {each.topic for each in written.sent if each.topic.endswith(".alerts")} == {CENTRE}

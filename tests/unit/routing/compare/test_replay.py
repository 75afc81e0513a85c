"""History judged again: nothing where the same book judges, and what brute force finds where another one does."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.history import DEEP, GAZETTEER, HAPPENED, HISTORY, NATIONAL, NOW, OTHER, Happened, engine, evaluator
from tests.builders.thorough import cases

from cbrn_routing.compare import (
    ArchiveReplay,
    Evaluator,
    Outcome,
    PastReader,
    Replay,
    changes,
)
from cbrn_routing.decision_record import DecisionRecordError, cell_of, read_decision
from cbrn_routing.rulebook import RuleBook


@settings(max_examples=cases(40), deadline=None)
@given(history=HISTORY, with_events=st.booleans())
def test_a_book_replayed_over_its_own_decisions_changes_nothing(history: list[Happened], with_events: bool) -> None:  # noqa: FBT001 - drawn
    """Otherwise every report would have to be read with suspicion. Those told earlier are no change either."""
    replay = Replay(evaluator(NATIONAL))
    for one in history:
        replay.take(one.past, one.data if with_events else None)
    report = replay.report
    assert (report.judged, report.different, report.bodies) == (len(history), 0, {})
    assert report.by_facets == (0 if with_events else len(history))


@settings(max_examples=cases(40), deadline=None)
@given(history=HISTORY, recorded=st.booleans(), with_events=st.booleans())
def test_a_replay_finds_what_brute_force_finds(
    history: list[Happened],
    recorded: bool,  # noqa: FBT001 - drawn
    with_events: bool,  # noqa: FBT001 - drawn
) -> None:
    """Against the record or against another book, by the event or by its facets: the same bodies, the same counts."""
    replay = Replay(evaluator(OTHER), None if recorded else evaluator(NATIONAL))
    gained: Counter[str] = Counter()
    for one in history:
        replay.take(one.past, one.data if with_events else None)
        after = engine(OTHER).route(one.event, one.at).decision
        told = {each.body for each in one.decision.recipients}
        gained.update(each.body for each in after.recipients if each.body not in told)
        assert all(each.body in {one.body for one in after.recipients} for each in one.decision.recipients)
    report = replay.report
    assert {body: tally.gained.total() for body, tally in report.bodies.items() if tally.gained} == dict(gained)
    assert not any(tally.lost for tally in report.bodies.values())
    assert report.different == sum(bool(_changes(one)) for one in history)


def _changes(one: Happened) -> tuple[Any, ...]:
    after = engine(OTHER).route(one.event, one.at).decision
    return changes(Outcome.of(one.decision), Outcome.of(after))


def test_what_everybody_feels_is_counted_for_each_who_is_told() -> None:
    """A shorter deadline is each ministry's business."""
    one = Happened(1, "chemical-spill", severity="Minor", exposed=["school"])
    replay = Replay(evaluator(OTHER))
    replay.take(one.past, one.data)
    before, after = one.decision.acknowledge_within_s, 420
    told = {each.body for each in one.decision.recipients}
    assert {body for body, tally in replay.report.bodies.items() if tally.deadline} == told
    assert replay.report.bodies["mes"].deadline == {(before, after): 1}
    assert replay.report.bodies["mes"].examples == {"deadline": ["e-1"]}
    assert replay.report.bodies["mod"].gained == {"inform": 1}


def test_a_duty_that_another_book_does_not_raise_is_counted() -> None:
    """What the country owes others changes with the rules, too; old records do not tell, and are not compared."""
    fewer = RuleBook.from_groups(NATIONAL.groups, ())
    one = Happened(1, "tailings-failure", severity="Severe")
    assert one.decision.duties
    old = json.dumps({name: value for name, value in json.loads(one.record).items() if name != "duties"}).encode()
    for record, lost in ((one.record, one.decision.duties), (old, ())):
        replay = Replay(Evaluator(fewer, GAZETTEER))
        replay.take(PastReader().read(record), one.data)
        assert replay.report.duties == {(duty, False): 1 for duty in lost}


def test_an_event_of_the_past_is_judged_by_the_bodies_of_its_day() -> None:
    """With the event or without it: the record keeps the day."""
    old = Happened(1, "chemical-spill", observed=NOW - timedelta(days=900), severity="Extreme")
    assert b'"as_of"' in old.record
    replay = Replay(evaluator(NATIONAL))
    replay.take(old.past, old.data)
    replay.take(old.past, None)
    assert (replay.report.judged, replay.report.different) == (2, 0)


def test_an_event_that_cannot_be_read_is_named_and_judged_by_its_facets() -> None:
    """One broken record among a hundred thousand is no reason to know nothing."""
    one = Happened(1, "chemical-spill")
    replay = Replay(evaluator(NATIONAL))
    replay.take(one.past, b'{"kind": "meteorite"}')
    report = replay.report
    assert (report.judged, report.by_facets, report.unread) == (1, 1, 1)
    assert report.named_unread[0].where == f"{one.past.topic}/0/1"


def test_a_newer_publisher_is_read_as_its_readers_read() -> None:
    """A field that this version does not know is left out."""
    one = Happened(1, "chemical-spill")
    replay = Replay(evaluator(NATIONAL))
    replay.take(one.past, json.dumps(json.loads(one.data) | {"unheard_of": 1}).encode())
    assert (replay.report.judged, replay.report.by_facets, replay.report.unread) == (1, 0, 0)


@given(one=HAPPENED)
@settings(max_examples=cases(20), deadline=None)
def test_both_readers_of_records_read_the_same(one: Happened) -> None:
    """The quick one reads less; what it reads is what the published contract says."""
    past, record = one.past, read_decision(one.record)
    assert past.facets == cell_of(record) == one.decision.facets
    assert past.outcome.roles == {each.body: each.role for each in record.recipients}
    assert past.outcome.partners == {each.body for each in record.partners}
    assert past.outcome.acknowledge_within_s == record.acknowledge_within_s
    assert past.outcome.duties == set(record.duties)
    assert (past.id, past.topic, past.partition, past.offset) == (
        record.id,
        record.topic,
        record.partition,
        record.offset,
    )


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff", b'{"facets": 1}', DEEP], ids=[*"123456", "deep"]
)
def test_what_is_no_decision_is_refused(data: bytes) -> None:
    """Counted, not fatal: so it must be one kind of error."""
    with pytest.raises(DecisionRecordError):
        PastReader().read(data)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decided": "9999-12-31T23:59:59Z"}, "decided in 9999"),
        ({"decided": "2026-11-01T00:00:00"}, "decided"),
        ({"facets": {"kind": []}}, "facets"),
        ({"facets": []}, "object"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(changes: dict[str, Any], said: str) -> None:
    """A person has to find it and mend it."""
    record = json.loads(Happened(1, "toxic-fire").record)
    if isinstance(changes.get("facets"), dict):
        changes = {"facets": record["facets"] | changes["facets"]}
        said = "kind"
    replay = Replay(evaluator(NATIONAL))
    archive = ArchiveReplay(replay)
    archive.take([json.dumps(record | changes).encode()], "a")
    archive.finish()
    (unread,) = replay.report.named_unread
    assert unread.where == "a:1"
    assert said in unread.message


def test_what_cannot_be_judged_is_counted_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours over one record is no reason to know nothing of the others."""
    odd, good = Happened(1, "toxic-fire"), Happened(2, "chemical-spill")
    judge = Evaluator(NATIONAL, GAZETTEER)
    replay = Replay(judge, Evaluator(OTHER, GAZETTEER))

    def fail(*_: object) -> Outcome:
        raise ZeroDivisionError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(judge, "evaluate", fail)
        replay.take(odd.past, odd.data)
        replay.take_event("e", odd.data, "a:7")
    replay.take(good.past, good.data)
    assert (replay.report.judged, replay.report.unread) == (1, 2)
    assert [one.where for one in replay.report.named_unread] == [f"{odd.past.topic}/0/1", "a:7"]
    assert "ZeroDivisionError" in replay.report.named_unread[0].message


def test_a_second_decision_about_an_event_is_judged_too() -> None:
    """After a router's state was lost an event may be decided twice; neither may vanish from the count."""
    one = Happened(1, "toxic-fire")
    for lines in ([one.record, one.record, one.lines[0]], [one.lines[0], one.record, one.record]):
        replay = Replay(evaluator(NATIONAL))
        archive = ArchiveReplay(replay)
        archive.take(lines, "a")
        archive.finish()
        assert (replay.report.judged, replay.report.by_facets) == (2, 1)

"""History judged again: nothing where the same book judges, and what brute force finds where another one does."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbrn_consumers.archive.replay_source import LINE_BYTES_MAX, Span, archive_writer, replay_archive
from cbrn_deploy.cli.rules.compare import moment
from cbrn_routing.bus.history import HistoryError
from cbrn_routing.compare import (
    ArchiveReplay,
    Evaluator,
    Outcome,
    Past,
    PastReader,
    Replay,
    changes,
    decision_line,
    event_line,
)
from cbrn_routing.decide import Engine
from cbrn_routing.decision import with_successors
from cbrn_routing.decision_record import DecisionRecordError, cell_of, read_decision
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router.delivery import plan_delivery
from cbrn_routing.rulebook import Eras, Rule, RuleBook, national_rulebook
from cbrn_schemas.events import EVENT_TYPES, ce_type, key_of, lane_of, parse_event
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, from_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[4] / "schemas" / "examples"
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
GAZETTEER = Gazetteer()
NATIONAL = national_rulebook()
NO_BOUNDS = Span()


def changed(identifier: str, **fields: Any) -> RuleBook:
    def one(rule: Rule) -> Rule:
        if rule.id != identifier:
            return rule
        return Rule.model_validate({**rule.model_dump(exclude_none=True, exclude={"cases"}), **fields})

    return RuleBook.from_groups([[one(rule) for rule in group] for group in NATIONAL.groups], NATIONAL.duties)


OTHER = changed("schools-near", inform=["moe", "mod"], acknowledge_within="7m")
BOOKS = {book.digest: book for book in (NATIONAL, OTHER)}


@cache
def _engine(digest: str) -> Engine:
    return Engine(Eras(BOOKS[digest]), GAZETTEER)


@cache
def _evaluator(digest: str) -> Evaluator:
    return Evaluator(BOOKS[digest], GAZETTEER)


def engine(book: RuleBook) -> Engine:
    return _engine(book.digest)


def evaluator(book: RuleBook) -> Evaluator:
    return _evaluator(book.digest)


class Happened:
    """One event, and the record that the router wrote about it."""

    def __init__(self, number: int, kind: str, *, book: RuleBook = NATIONAL, **fields: Any) -> None:
        example = json.loads((EXAMPLES / f"{kind}.json").read_bytes())
        self.at = NOW - timedelta(minutes=number)
        times = {"observed": rfc3339(fields.pop("observed", self.at)), "reported": rfc3339(self.at)}
        self.data = json.dumps(example | times | fields, ensure_ascii=False).encode()
        self.event = event = parse_event(self.data)
        self.id, self.number, self.book = f"e-{number}", number, book
        self.decision = engine(book).route(event, self.at).decision
        heirs = with_successors(self.decision.recipients, NOW.date())
        plan = plan_delivery(Realm.REAL, lane_of(kind), heirs, self.decision, "", ())
        head = {
            "id": self.id, "source": f"/{event.body}", "kind": kind, "key": key_of(event),
            "topic": from_topic(Realm.REAL, event.body, str(lane_of(kind))), "partition": 0, "offset": number,
            "decided": rfc3339(self.at), "earlier": ["secretariat"],
        }  # fmt: skip
        self.record = json.dumps({**head, **json.loads("{" + plan.record)}).encode()

    @property
    def past(self) -> Past:
        return PastReader().read(self.record)

    @property
    def lines(self) -> list[bytes]:
        event = event_line(f"/{self.event.body}", self.id, ce_type(self.event.kind), self.data)
        return [event, self.record + b"\n"]


HAPPENED = st.builds(
    lambda number, kind, severity, exposed: Happened(
        number, kind, severity=severity, **({"exposed": exposed} if lane_of(kind) == "incidents" else {})
    ),
    st.integers(0, 10_000),
    st.sampled_from(sorted(EVENT_TYPES)),
    st.sampled_from(["Extreme", "Severe", "Moderate", "Minor"]),
    st.sampled_from([[], ["school"], ["hospital", "school"]]),
)
HISTORY = st.lists(HAPPENED, max_size=6, unique_by=lambda one: one.id)


@settings(max_examples=40, deadline=None)
@given(history=HISTORY, with_events=st.booleans())
def test_a_book_replayed_over_its_own_decisions_changes_nothing(history: list[Happened], with_events: bool) -> None:  # noqa: FBT001 - drawn
    """Otherwise every report would have to be read with suspicion. Those told earlier are no change either."""
    replay = Replay(evaluator(NATIONAL))
    for one in history:
        replay.take(one.past, one.data if with_events else None)
    report = replay.report
    assert (report.judged, report.different, report.bodies) == (len(history), 0, {})
    assert report.by_facets == (0 if with_events else len(history))


@settings(max_examples=40, deadline=None)
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
@settings(max_examples=20, deadline=None)
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


DEEP = b'{"id": "a", "source": "b", "facets": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff", b'{"facets": 1}', DEEP], ids=[*"123456", "deep"]
)
def test_what_is_no_decision_is_refused(data: bytes) -> None:
    """Counted, not fatal: so it must be one kind of error."""
    with pytest.raises(DecisionRecordError):
        PastReader().read(data)


# Archives.


@settings(max_examples=30, deadline=None)
@given(history=HISTORY, order=st.randoms(use_true_random=False))
def test_the_order_of_an_archives_lines_is_irrelevant(history: list[Happened], order: Any) -> None:
    """Whoever made it: events and decisions find one another by source and id."""
    lines = [line for one in history for line in one.lines]
    order.shuffle(lines)
    replay = Replay(evaluator(OTHER))
    archive = ArchiveReplay(replay)
    archive.take(lines, "a")
    archive.finish()
    plain = Replay(evaluator(OTHER))
    for one in history:
        plain.take(one.past, one.data)
    found, expected = replay.report.as_json(), plain.report.as_json()
    for report in (found, expected):
        for body in report["bodies"].values():
            body.pop("examples")  # which ones come first depends on the order
    assert found == expected


def test_archive_halves_are_judged_as_far_as_they_go() -> None:
    """A decision without its event by its facets; an event without its decision only against another book."""
    first, second = Happened(1, "toxic-fire"), Happened(2, "contamination")
    for against, undecided in ((None, 1), (evaluator(NATIONAL), 0)):
        replay = Replay(evaluator(NATIONAL), against)
        archive = ArchiveReplay(replay)
        archive.take([first.record, second.lines[0], b"\n", b"nonsense", b"{}"], "a")
        archive.finish()
        report = replay.report
        assert (report.by_facets, report.undecided, report.unread, report.different) == (1, undecided, 2, 0)
        assert [one.where for one in report.named_unread] == ["a:4", "a:5"]


def test_archive_whose_halves_never_meet_is_read_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded whatever the file: the oldest halves are judged as they are."""
    monkeypatch.setattr("cbrn_routing.compare.archive.WAITING_MAX", 1)
    history = [Happened(number, "toxic-fire") for number in (1, 2, 3)]
    replay = Replay(evaluator(NATIONAL))
    archive = ArchiveReplay(replay)
    archive.take([one.record for one in history], "a")
    archive.take([one.lines[0] for one in history], "b")
    archive.finish()
    assert (replay.report.judged, replay.report.by_facets, replay.report.undecided) == (3, 2, 2)


def test_archive_is_cut_to_the_time_asked_for() -> None:
    """`until` is not part of it; an event outside takes its decision along."""
    history = [Happened(number, "toxic-fire") for number in (1, 2, 3)]
    replay = Replay(evaluator(NATIONAL))
    archive = ArchiveReplay(replay, since=NOW - timedelta(minutes=2), until=NOW - timedelta(minutes=1))
    archive.take([line for one in history for line in reversed(one.lines)], "a")
    archive.finish()
    assert (replay.report.judged, replay.report.undecided) == (1, 0)


@pytest.mark.parametrize("name", ["history.jsonl", "history.jsonl.gz"])
def test_a_saved_archive_is_read_back(tmp_path: Path, name: str) -> None:
    """Packed or not, whatever the file is called; and an archive is not written over."""
    path = tmp_path / name
    with archive_writer(path) as write:
        assert write is not None
        for one in (Happened(1, "toxic-fire"), Happened(2, "chemical-spill")):
            for line in one.lines:
                write(line)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")
    assert path.stat().st_mode & 0o077 == 0, "it holds what was for named officers only"
    replay = Replay(evaluator(NATIONAL))
    replay_archive(path.rename(tmp_path / "renamed"), replay, NO_BOUNDS, lambda _: None)
    assert (replay.report.judged, replay.report.by_facets, replay.report.unread) == (2, 0, 0)
    with pytest.raises(FileExistsError), archive_writer(tmp_path / "renamed"):
        pass


def test_an_event_printed_over_several_lines_is_one_line_of_an_archive() -> None:
    """JSON lines: the bytes between are blanks, and say nothing."""
    data = json.dumps(json.loads(Happened(1, "toxic-fire").data), indent=2).encode()
    line = event_line("/mes", "e-1", "t", data)
    assert line.count(b"\n") == 1
    assert json.loads(line)["data"] == json.loads(data)


def test_a_broken_packed_archive_is_an_error(tmp_path: Path) -> None:
    """Half a history must not look like a whole one."""
    path = tmp_path / "half.gz"
    path.write_bytes(gzip.compress(b"".join(Happened(1, "toxic-fire").lines))[:-20])
    with pytest.raises(HistoryError, match="damaged"):
        replay_archive(path, Replay(evaluator(NATIONAL)), NO_BOUNDS, lambda _: None)


def test_an_archive_made_to_explode_is_an_error(tmp_path: Path) -> None:
    """A small packed file can hold one line larger than memory; and a line can be nested without end."""
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b" " * (LINE_BYTES_MAX + 1)))
    with pytest.raises(HistoryError, match="line 1 is longer"):
        replay_archive(path, Replay(evaluator(NATIONAL)), NO_BOUNDS, lambda _: None)
    path = tmp_path / "deep"
    path.write_bytes(DEEP + b"\n" + b"[" * 100_000)
    replay = Replay(evaluator(NATIONAL))
    replay_archive(path, replay, NO_BOUNDS, lambda _: None)
    assert replay.report.unread == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01", "2026-10-31T18:00:00+00:00"),
        ("2026-11-01T08:00Z", "2026-11-01T08:00:00+00:00"),
        ("36h", "2026-11-21T18:00:00+00:00"),
        ("7d", "2026-11-16T06:00:00+00:00"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: str) -> None:
    """A day begins at the country's midnight."""
    found = moment(text, NOW)
    assert found is not None
    assert found.astimezone(UTC).isoformat() == expected


ODD = (
    None, [], {}, 5, 1e300, "x", True, -1, 2**70, [1], [[]], [{}], {"a": []}, "\x1b[2J", "9999-12-31T23:59:59Z",
    "9999-12-31", "0001-01-01T00:00:00+14:00", "0001-01-01", "2026-11-01T00:00:00",
)  # fmt: skip


def odd_lines(record: bytes) -> Iterator[bytes]:
    """A decision record with each member, and each member of its facets, missing or of another type."""
    good = json.loads(record)
    for name, content in good.items():
        changed = [{**good, name: odd} for odd in ODD] + [{k: v for k, v in good.items() if k != name}]
        if isinstance(content, dict):
            changed += [{**good, name: {**content, inner: odd}} for inner in content for odd in ODD]
            changed += [{**good, name: {k: v for k, v in content.items() if k != inner}} for inner in content]
        for one in changed:
            yield json.dumps({**one, "id": f"{one.get('id')}"}).encode()


@pytest.mark.parametrize("against", [None, OTHER])
def test_no_line_ends_a_replay(tmp_path: Path, against: RuleBook | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facets of the wrong type and a decision of the year 9999 once did, with a traceback and after an hour."""
    first, last = Happened(1, "chemical-spill"), Happened(2, "toxic-fire")
    lines = [*odd_lines(first.record), *(line for one in (first, last) for line in one.lines)]
    path = tmp_path / "odd.jsonl"
    path.write_bytes(b"".join(line.rstrip(b"\n") + b"\n" for line in lines))
    replay = Replay(evaluator(NATIONAL), None if against is None else evaluator(against))
    failed: list[Any] = []
    monkeypatch.setattr(replay, "_unjudged", lambda *what: failed.append(what))
    replay_archive(path, replay, NO_BOUNDS, lambda _: None)
    report = replay.report
    # What is left out is counted, all else is judged: nothing falls between.
    events = sum(b'"specversion"' in line for line in lines)
    assert report.judged + report.unread + report.undecided + events >= len(lines)
    assert report.unread > 100
    assert report.named_unread[0].where.startswith("odd.jsonl:")
    assert report.named_unread[0].message
    assert failed == [], "what is wrong is known at the door"


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


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01T00:00:00+14:00", "9999w", "1900-01-01"])
def test_times_far_away_are_taken_as_before_or_behind_everything(text: str) -> None:
    """Kafka knows no time before 1970, and no sum may leave the calendar."""
    found = moment(text, NOW)
    assert found is not None
    assert found.timestamp() > 0
    assert found + timedelta(days=1) > found


def test_a_decision_laid_out_over_several_lines_is_saved_as_one() -> None:
    """Or the archive could not be read back."""
    line = decision_line(json.dumps(json.loads(Happened(1, "toxic-fire").record), indent=2).encode())
    assert line.count(b"\n") == 1
    assert PastReader().read(line).id

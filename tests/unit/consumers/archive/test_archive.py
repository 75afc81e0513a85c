"""Archives of history: halves, order, bounds, times, and lines that nobody can read."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbrn_consumers.archive.replay_source import LINE_BYTES_MAX, Span, archive_writer, replay_archive
from cbrn_consumers.errors import HistoryError
from cbrn_deploy.cli.rules.compare import moment
from cbrn_routing.compare import (
    ArchiveReplay,
    PastReader,
    Replay,
    decision_line,
    event_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.rulebook import RuleBook
from tests.builders.history import DEEP, HISTORY, NATIONAL, NOW, OTHER, Happened, evaluator

NO_BOUNDS = Span()


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

"""Where a replay's history comes from: the bus, or an archive. It reads, and writes nothing but the file asked for.

On the bus the decisions are read first, then the events that they are about, by topic, partition and offset; an event
that Kafka no longer holds is decided by the facets that its decision kept.
"""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Final, NamedTuple, cast

from aiokafka import TopicPartition

from cbrn_consumers.errors import HistoryError
from cbrn_routing.bus.read import assigned, catch_up, ends_of, offsets_at, there
from cbrn_routing.compare import ArchiveReplay, Past, PastReader, decision_line, event_line, within
from cbrn_routing.decision_record import DecisionRecordError
from cbrn_schemas.envelope import Envelope, read_envelope
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.compare import Judge, Replay
    from cbrn_schemas.settings import Settings

CHUNK: Final = 250_000
"""Decisions held until their events are read: 1 kB each, 250 MB at the most (twice that while an archive is saved)."""
CLOCKS: Final = timedelta(minutes=10)
"""By how much the broker's time of a record and the router's `decided` may differ."""
GZIP: Final = b"\x1f\x8b"
TELL_EVERY: Final = 1_000
LINE_BYTES_MAX: Final = 4 * 1024 * 1024
"""Four times what a record of the bus can hold. A packed file of 10 MB can hide one line of 10 GB."""

_Name = tuple[str, int, int]


class Span(NamedTuple):
    """What was decided from `since` on and before `until`; None: no bound."""

    since: datetime | None = None
    until: datetime | None = None


class _Held(NamedTuple):
    past: Past
    written: bytes
    """The decision's own bytes, where an archive is saved."""


def replay_archive(path: Path, replay: Judge, span: Span, tell: Callable[[int], None]) -> None:
    """Replay an archive: JSON lines, gzipped or not (`cbrn_routing.compare.archive` says what they hold).

    Raises:
        HistoryError: it is packed, and damaged.
    """
    archive = ArchiveReplay(replay, *span)
    try:
        with _opened(path) as lines:
            archive.take(_told(lines, tell), path.name)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise HistoryError(
            f"{path} is damaged: {error}", hint="Copy or save it again; half a history proves nothing."
        ) from None
    archive.finish()


def check_files(archive: Path | None, save: Path | None) -> None:
    """Refuse an archive that is not there, or is already, before a broker is asked for a book.

    Raises:
        OSError: it cannot be opened; FileExistsError: it would be overwritten.
    """
    if archive is not None:
        archive.open("rb").close()
    if save is not None and save.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(save))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as plain:
        packed = plain.read(len(GZIP)) == GZIP
    with cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb") as lines:
        yield lines


def _told(lines: IO[bytes], tell: Callable[[int], None]) -> Iterator[bytes]:
    number = 0
    while line := lines.readline(LINE_BYTES_MAX):
        if len(line) == LINE_BYTES_MAX:
            raise HistoryError(
                f"line {number + 1} is longer than {LINE_BYTES_MAX} bytes", hint="An archive has an event a line."
            )
        if not number % TELL_EVERY:
            tell(number)
        number += 1
        yield line


@contextmanager
def archive_writer(path: Path | None) -> Iterator[Callable[[bytes], object] | None]:
    """Open a new file, gzipped if its name ends in .gz, and yield what writes lines to it; None where none is wanted.

    Raises:
        FileExistsError: an archive is evidence, and is not overwritten.
    """
    if path is None:
        yield None
        return
    # Thefts, patients, suspects: what was for named officers only is not for everybody who has an account here.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as plain:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=6, filename="") as packed:
                yield packed.write
        else:
            yield plain.write


async def replay_bus(
    settings: Settings,
    replay: Replay,
    span: Span,
    tell: Callable[[int], None],
    save: Callable[[bytes], object] | None = None,
) -> None:
    """Replay what the bus still holds; with `save`, every event and decision becomes a line of an archive.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    reader = PastReader()
    held: dict[_Name, _Held] = {}
    since = None if span.since is None else span.since - CLOCKS
    async with assigned(settings, bus_topic(settings.realm, "decisions"), since=since) as (consumer, partitions):
        until = None if span.until is None else span.until + CLOCKS
        ends = None if until is None else await offsets_at(consumer, partitions, settings, until)
        async with aclosing(catch_up(consumer, partitions, settings, ends)) as batches:
            async for records in batches:
                for record in records:
                    _hold(record, reader, replay, span, held, save=save)
                tell(replay.report.judged + len(held))
                if len(held) >= CHUNK:
                    await _judge(held, settings, replay, tell, save)
    await _judge(held, settings, replay, tell, save)


def _hold(
    record: Bytes,
    reader: PastReader,
    replay: Replay,
    span: Span,
    held: dict[_Name, _Held],
    *,
    save: Callable[[bytes], object] | None,
) -> None:
    """Keep a decision until its event is read; a second one about the same event is decided at once, by its facets."""
    try:
        past = reader.read(record.value or b"")
    except DecisionRecordError as error:
        replay.unreadable(f"{record.topic}/{record.partition}/{record.offset}", str(error))
        return
    if within(past.decided, *span):
        one = _Held(past, b"" if save is None else record.value or b"")
        if held.setdefault((past.topic, past.partition, past.offset), one) is not one:
            _take(one, None, replay, save)


async def _judge(
    held: dict[_Name, _Held],
    settings: Settings,
    replay: Replay,
    tell: Callable[[int], None],
    save: Callable[[bytes], object] | None,
) -> None:
    """Replay what is held, each with its event where that is still there; afterwards nothing is held."""
    offsets: dict[TopicPartition, list[int]] = {}
    for topic, partition, offset in held:
        offsets.setdefault(TopicPartition(topic, partition), []).append(offset)
    known = await there(settings, {one.topic for one in offsets}) if offsets else {}
    starts = {one: min(some) for one, some in offsets.items() if one in known.get(one.topic, ())}
    if starts:
        async with assigned(settings, starts=starts) as (consumer, partitions):
            there_now = await ends_of(consumer, partitions, settings)
            ends = {one: min(max(offsets[one]) + 1, there_now[one]) for one in partitions}
            async with aclosing(catch_up(consumer, partitions, settings, ends)) as batches:
                async for records in batches:
                    for record in records:
                        one = held.pop((record.topic, record.partition, record.offset), None)
                        if one is not None:
                            _take(one, _envelope(record, replay), replay, save)
                    tell(replay.report.judged)
    for one in held.values():
        _take(one, None, replay, save)
    held.clear()


def _envelope(record: Bytes, replay: Replay) -> Envelope | None:
    try:
        return read_envelope(record.headers, record.value)
    except InvalidEventError as error:
        replay.unreadable(f"{record.topic}/{record.partition}/{record.offset}", str(error))
        return None


def _take(one: _Held, event: Envelope | None, replay: Replay, save: Callable[[bytes], object] | None) -> None:
    replay.take(one.past, None if event is None else event.data)
    if save is not None:
        if event is not None:
            save(event_line(event.source, event.id, event.type, event.data))
        save(decision_line(one.written))

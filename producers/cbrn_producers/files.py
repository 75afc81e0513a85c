"""Events from files: one JSON event, a JSON array of them, JSON lines, or YAML; plain events or structured CloudEvents.

Every event is looked at by itself and keeps its place, `file:line`, so that what is refused can be found and mended
while the good ones are on their way. Bytes travel as they stand in the file; an event in YAML as compact JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cbrn_producers.errors import DoubtfulEventError, RefusedEventError
from cbrn_producers.outgoing import Outgoing, Sender, prepare, prepare_enveloped, refuse_repeated
from cbrn_schemas.envelope import STRUCTURED_CONTENT, Envelope, read_envelope
from cbrn_schemas.errors import BusError, InvalidEventError, Reason
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cbrn_producers.sdk import Agency, Receipt
    from cbrn_routing.doubts import EventWarning
    from cbrn_schemas.events.base import Language

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""A file is held in memory as a whole: 64 MiB are about 60,000 events."""

YAML_SUFFIXES: Final = frozenset({".yaml", ".yml"})
JSON_SUFFIXES: Final = frozenset({".json", ".jsonl", ".ndjson"})
"""A file called otherwise, and standard input, is YAML where it begins like it."""

_any_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_any_array = msgspec.json.Decoder(list[msgspec.Raw])


class Place(NamedTuple):
    """Where an event stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One event as it stands in a file."""

    place: Place
    data: bytes
    envelope: Envelope | None
    """Of a structured CloudEvent: its id, source, time and extensions. None for a plain event."""
    name: str | None = None
    """The id that a plain event was given beside it."""

    @property
    def id(self) -> str | None:
        """The id that it was given; None where it will follow from its bytes."""
        return self.name if self.envelope is None else self.envelope.id


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stands at a place is no event that the bus would take, or it could not be delivered."""

    place: Place
    error: BusError


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that is on the bus, or, in a dry run, would be (`receipt` is None then)."""

    place: Place
    id: str
    receipt: Receipt | None
    warnings: tuple[EventWarning, ...] = ()
    """What the router would doubt about it."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values: the receipt, or what is known of it without sending."""
        if self.receipt is not None:
            return self.receipt.as_json()
        return {"id": self.id, "warnings": [warning.as_json() for warning in self.warnings]}


@dataclass(frozen=True, slots=True)
class Ready:
    """An event that nothing speaks against, as it would be sent."""

    place: Place
    outgoing: Outgoing


def read_events(name: str, content: bytes) -> Iterator[FileEvent | Refusal]:
    """Read the events of a file, in its order. `name` is what `file:line` says; its ending tells JSON from YAML.

    Never raises for what the file holds: a mistake is a `Refusal` at its line.
    """
    if len(content) > FILE_BYTES_MAX:
        yield _refuse(Place(name, 1), Reason.TOO_LARGE, f"the file has {len(content)} bytes", "Split the file.")
        return
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        yield _refuse(Place(name, 1), Reason.NOT_JSON, "the file is empty", "Put a JSON event into it.")
        return
    pieces = _documents(name, content) if _is_yaml(name, content) else _pieces(name, content)
    for place, raw in pieces:
        if isinstance(raw, Refusal):
            yield raw
            continue
        try:
            yield _event(place, raw)
        except InvalidEventError as error:
            yield Refusal(place, RefusedEventError.of(error))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            yield _unreadable(place, raw)


def _is_yaml(name: str, content: bytes) -> bool:
    suffix = PurePath(name).suffix.lower()
    if suffix in YAML_SUFFIXES | JSON_SUFFIXES:
        return suffix in YAML_SUFFIXES
    from cbrn_schemas.bounded_yaml import looks_like_yaml  # noqa: PLC0415 - most events are JSON and need no YAML

    return looks_like_yaml(content)


def _documents(name: str, content: bytes) -> Iterator[tuple[Place, bytes | Refusal]]:
    """Convert each document of a YAML file into JSON, with the line at which it begins."""
    from cbrn_schemas.bounded_yaml import YamlTextError, read_documents  # noqa: PLC0415 - as above

    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        place = Place(name, 1 + content.count(b"\n", 0, error.start))
        said = f"byte {error.start + 1}: {error.reason}"
        yield place, _refuse(place, Reason.BAD_ENCODING, said, "Save the file as UTF-8.")
        return
    nothing = True
    for found in read_documents(text):
        nothing = False
        place = Place(name, found.line)
        if isinstance(found, YamlTextError):
            yield place, _refuse(place, Reason.NOT_JSON, str(found), "Correct the YAML at this line.")
        else:
            yield (
                place,
                json.dumps(found.data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"),
            )
    if nothing:
        place = Place(name, 1)
        yield place, _refuse(place, Reason.NOT_JSON, "the file holds comments only", "Put an event into it.")


def _pieces(name: str, content: bytes) -> Iterator[tuple[Place, bytes]]:
    start = len(content) - len(content.lstrip())
    whole = content.strip()
    first = Place(name, 1 + content.count(b"\n", 0, start))
    if whole.startswith(b"["):
        try:
            elements = _any_array.decode(whole)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield first, whole
            return
        yield from _located(name, content, start, map(bytes, elements))
    elif _is_lines(whole):
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.strip():
                yield Place(name, number), line.strip()
    else:
        yield first, whole


def _located(name: str, content: bytes, start: int, elements: Iterable[bytes]) -> Iterator[tuple[Place, bytes]]:
    """Find the line of each element: a verbatim part of the content, looked for behind the one before."""
    line, counted, position = 1, 0, start
    for element in elements:
        found = content.index(element, position)
        line += content.count(b"\n", counted, found)
        counted, position = found, found + len(element)
        yield Place(name, line), element


def _is_lines(whole: bytes) -> bool:
    """Tell whether most lines begin with a brace, as JSON lines do. An object over several lines has one such line."""
    lines = [line for line in whole.split(b"\n") if line.strip()]
    return sum(line.startswith(b"{") for line in lines) * 2 > len(lines)


def _event(place: Place, raw: bytes) -> FileEvent:
    members = _any_object.decode(raw)
    if "specversion" not in members and not ("data" in members and "kind" not in members):
        return FileEvent(place, raw, None)
    envelope = read_envelope([("content-type", STRUCTURED_CONTENT + b"+json")], raw)
    refuse_repeated(raw)
    return FileEvent(place, envelope.data, envelope)


def _unreadable(place: Place, raw: bytes) -> FileEvent | Refusal:
    """Let the reader of events say what is wrong: a file is told the same as a program, in the same words."""
    try:
        parse_event(raw)
    except InvalidEventError as error:
        return Refusal(place, RefusedEventError.of(error))
    return FileEvent(place, raw, None)


def _refuse(place: Place, reason: Reason, message: str, hint: str) -> Refusal:
    return Refusal(place, RefusedEventError(reason, where="value", message=message, hint=hint))


def check_events(
    events: Iterable[FileEvent | Refusal], sender: Sender, *, lang: Language = "en", strict: bool = False
) -> Iterator[Accepted | Refusal]:
    """Yield what publishing would say of each event, without a broker; see `prepare_events`."""
    yield from map(checked, prepare_events(events, sender, lang=lang, strict=strict))


def checked(found: Ready | Refusal) -> Accepted | Refusal:
    """Say what publishing would."""
    return found if isinstance(found, Refusal) else _accepted(found, None)


def prepare_events(
    events: Iterable[FileEvent | Refusal], sender: Sender, *, lang: Language = "en", strict: bool = False
) -> Iterator[Ready | Refusal]:
    """Check each event and address it, in order; neither needs a broker.

    Warnings are worded in `lang`; if `strict`, what has any is refused.
    """
    for event in events:
        found = _prepared(event, sender, datetime.now(UTC), lang)
        if strict and isinstance(found, Ready) and found.outgoing.warnings:
            yield Refusal(found.place, DoubtfulEventError(found.outgoing.warnings))
        else:
            yield found


async def publish_prepared(agency: Agency, prepared: Sequence[Ready | Refusal]) -> list[Accepted | Refusal]:
    """Publish what was prepared on the agency's behalf; one outcome per event, in order."""
    good = [found.outgoing for found in prepared if isinstance(found, Ready)]
    outcomes = iter(await agency.publish_many(good))
    return [found if isinstance(found, Refusal) else _outcome(found, next(outcomes)) for found in prepared]


def _prepared(event: FileEvent | Refusal, sender: Sender, now: datetime, lang: Language) -> Ready | Refusal:
    if isinstance(event, Refusal):
        return event
    try:
        if event.envelope is not None:
            return Ready(event.place, prepare_enveloped(event.envelope, sender, now=now, lang=lang))
        return Ready(event.place, prepare(event.data, sender, event_id=event.id, now=now, lang=lang))
    except BusError as error:
        return Refusal(event.place, error)


def _outcome(ready: Ready, outcome: Receipt | BusError) -> Accepted | Refusal:
    return Refusal(ready.place, outcome) if isinstance(outcome, BusError) else _accepted(ready, outcome)


def _accepted(ready: Ready, receipt: Receipt | None) -> Accepted:
    return Accepted(ready.place, ready.outgoing.id, receipt, ready.outgoing.warnings)

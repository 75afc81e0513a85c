"""What is asked of one record, question by question: each with the function by which the router asks it.

A router stops at the first fault; who mends a client wants to hear of all of them, so every question that can be asked
by itself is asked here. What the router makes of the record as a whole is `judge`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from cbrn_routing.shards.placement import Placement
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.content_type import mode_of
from cbrn_schemas.envelope import JSON_CONTENT, read_envelope
from cbrn_schemas.errors import Doubt, InvalidEventError, Reason
from cbrn_schemas.events import Incident, key_of, parse_event
from cbrn_schemas.headers import CONTENT_TYPE, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Envelope, Header
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.topics import Lane, Realm


class Check(StrEnum):
    """What is asked, in the order in which it is reported. Their labels: group `check` of `words.csv`."""

    ENVELOPE = "envelope"
    ID = "id"
    RESEND = "resend"
    SOURCE = "source"
    TYPE = "type"
    TIME = "time"
    CONTENT_TYPE = "content-type"
    HEADERS = "headers"
    ENCODING = "encoding"
    KYRGYZ = "kyrgyz"
    SCHEMA = "schema"
    ADDRESS = "address"
    KEY = "key"
    PARTITION = "partition"
    CLOCK = "clock"
    UPDATE = "update"
    WARNINGS = "warnings"


class State(StrEnum):
    """An answer. Only `failed` stands against a client: what is doubtful about an event is its author's business."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    NOT_SEEN = "not-seen"
    """No record was sent that could show it."""


class Finding(NamedTuple):
    """The answer to one question about one record; in `message`, what was found where it is as it should be."""

    check: Check
    state: State
    message: str = ""
    where: str = ""
    hint: str = ""


PLACES: Final = {
    "header:ce_id": Check.ID,
    "header:ce_source": Check.SOURCE,
    "header:ce_type": Check.TYPE,
    "header:ce_time": Check.TIME,
    f"header:{CONTENT_TYPE}": Check.CONTENT_TYPE,
}
REASONS: Final = {
    Reason.NULL_VALUE: Check.ENVELOPE,
    Reason.TOO_LARGE: Check.ENVELOPE,
    Reason.HEADERS_MISSING: Check.ENVELOPE,
    Reason.HEADERS_CONTRADICT: Check.HEADERS,
    Reason.DATA_BASE64: Check.ENVELOPE,
    Reason.BAD_ENCODING: Check.ENCODING,
    Reason.UNKNOWN_BODY: Check.SOURCE,
    Reason.FOREIGN_SOURCE: Check.SOURCE,
    Reason.WRONG_LANE: Check.ADDRESS,
    Reason.WRONG_REALM: Check.ADDRESS,
}
"""Of the other reasons the schema speaks."""
DOUBTS: Final = {
    Doubt.KEY_DIFFERS: (Check.KEY, State.FAILED),
    Doubt.PARTITION_DIFFERS: (Check.PARTITION, State.FAILED),
    Doubt.CLOCK_AHEAD: (Check.CLOCK, State.FAILED),
    Doubt.RESERVED_HEADER: (Check.HEADERS, State.FAILED),
    Doubt.HEADER_LEFT_OUT: (Check.HEADERS, State.FAILED),
    Doubt.UNKNOWN_SITUATION: (Check.UPDATE, State.WARNED),
}
"""Doubts of the router that are about the client and not about what it has to tell."""
REMEDIES: Final = {
    Check.CLOCK: "Set the machine's clock (NTP), and write local time with its offset: 2026-11-23T12:00:00+06:00.",
    Check.HEADERS: "Send no header that begins with cbrn_; names of attributes are a-z and 0-9, values are UTF-8.",
    Check.UPDATE: "Send the Alert of a situation first, and every later report under the same situation.",
}
NEEDED: Final = {
    "header:ce_id": ("ce_id", b"x"),
    "header:ce_source": ("ce_source", b"/x"),
    "header:ce_type": ("ce_type", b"x"),
    "header:ce_specversion": ("ce_specversion", b"1.0"),
}
"""What stands in for a header that is missing, so that the next one is asked for."""
_KYRGYZ: Final = re.compile("[ңөүҢӨҮ]")
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)
_ONE_BYTE: Final = ("latin-1", "cp1252", "cp1251")
"""Encodings as which UTF-8 is mistaken; what is then written is UTF-8 again, and no letter is what it was."""


def refused(error: InvalidEventError) -> Finding:
    """Return the finding of a refusal."""
    if error.reason is Reason.ID_REUSED:  # the id is a good one, and that of something else
        check = Check.RESEND
    else:
        check = PLACES.get(error.where) or REASONS.get(error.reason, Check.SCHEMA)
    return Finding(check, State.FAILED, error.message, error.where, error.hint)


def of_envelope(record: Record) -> tuple[Envelope | None, list[Finding]]:
    """Ask for the envelope: every attribute that is missing is named, not only the first."""
    missing: list[Finding] = []
    headers: list[Header] = list(record.headers)
    while True:
        try:
            envelope = read_envelope(headers, record.value)
        except InvalidEventError as error:
            missing.append(refused(error))
            stand_in = NEEDED.get(error.where) if error.reason is Reason.HEADERS_MISSING else None
            if stand_in is None or any(name.lower() == stand_in[0] for name, _ in headers):
                return None, missing
            headers.append(stand_in)
        else:
            break
    if missing:
        return None, missing
    return envelope, list(_attributes(envelope, record))


def _attributes(envelope: Envelope, record: Record) -> Iterator[Finding]:
    content = next((value for name, value in record.headers if value and name.lower() == CONTENT_TYPE), b"")
    mode = mode_of(content)
    yield Finding(Check.ENVELOPE, State.PASSED, f"CloudEvents 1.0, {mode.name.lower()}")
    yield Finding(Check.ID, State.PASSED, envelope.id)
    yield Finding(Check.TYPE, State.PASSED, envelope.type)
    yield Finding(Check.HEADERS, State.PASSED)
    time = dict(envelope.headers).get("ce_time")
    if time:
        yield Finding(Check.TIME, State.PASSED, time.decode())
    else:
        yield Finding(
            Check.TIME,
            State.WARNED,
            "the envelope has no time that goes on; the event's own times decide",
            "header:ce_time",
            "Give the time of observation as RFC 3339 with an offset: 2026-11-23T12:00:00+06:00.",
        )
    if content:
        yield Finding(Check.CONTENT_TYPE, State.PASSED, content.decode("utf-8", "backslashreplace"))
    else:
        said, hint = "not given; taken for JSON", f"Say {JSON_CONTENT.decode()}."
        yield Finding(Check.CONTENT_TYPE, State.WARNED, said, f"header:{CONTENT_TYPE}", hint)


def of_event(data: bytes) -> tuple[AnyEvent | None, list[Finding]]:
    """Ask for the event."""
    try:
        event = parse_event(data)
    except InvalidEventError as error:
        return None, [refused(error)]
    return event, [Finding(Check.SCHEMA, State.PASSED, event.kind), *_letters(event)]


def _letters(event: AnyEvent) -> Iterator[Finding]:
    """Ask whether the letters arrived: bytes can be good UTF-8, and its letters lost before."""
    for lang, text in event.texts.items():
        for said in filter(None, (text.headline, text.description, text.instruction)):
            if _is_garbled(said) or (lang != "en" and "??" in said and not _CYRILLIC.search(said)):
                yield Finding(
                    Check.ENCODING,
                    State.FAILED,
                    f"«{shown(said)}» was read or written in another encoding on the way",
                    f"texts.{lang}",
                    "Read source files and databases as what they are, and write UTF-8: once, at the very end.",
                )
                return
    yield Finding(Check.ENCODING, State.PASSED, "UTF-8")
    kyrgyz = event.texts.get("ky")
    if kyrgyz is not None and (found := _KYRGYZ.findall(kyrgyz.model_dump_json())):
        yield Finding(Check.KYRGYZ, State.PASSED, " ".join(sorted(set(found))))


def _is_garbled(text: str) -> bool:
    """Tell whether a text is UTF-8 that somebody took for another encoding, or has letters that nobody could read."""
    if "\ufffd" in text:
        return True
    for encoding in _ONE_BYTE:
        try:
            if not text.isascii() and text.encode(encoding).decode() != text:
                return True
        except UnicodeError:
            continue
    return False


def of_claims(envelope: Envelope, event: AnyEvent | None, body: str, lane: Lane, realm: Realm) -> Iterator[Finding]:
    """Ask whether the event is what it claims to be, where it lies."""
    try:
        check_source(envelope, body)
        yield Finding(Check.SOURCE, State.PASSED, envelope.source)
    except InvalidEventError as error:
        yield refused(error)
    if event is None:
        return
    try:
        check_claims(envelope, event, body, lane, realm)
        yield Finding(Check.ADDRESS, State.PASSED, f"{event.status}, {lane}, {realm}")
    except InvalidEventError as error:
        yield refused(error)


def of_place(record: Record, event: AnyEvent | None, shards: int) -> Iterator[Finding]:
    """Ask for the key, and whether the client places a record by murmur2 of whatever key it has."""
    key = record.key
    if event is not None:
        wanted = key_of(event)
        field = "situation" if isinstance(event, Incident) else "station"
        if key == wanted.encode():
            yield Finding(Check.KEY, State.PASSED, wanted)
        else:
            has = "no key" if key is None else f"the key «{shown(key.decode('utf-8', 'backslashreplace'))}»"
            hint = f"Set the key to the event's {field}, in UTF-8: what has one key stays in order."
            yield Finding(Check.KEY, State.FAILED, f"{has}, and not {wanted}", "key", hint)
    if key is None or shards == 1:
        return
    asked = Placement(0, shards).shard_of(key)
    if asked == record.partition:
        yield Finding(Check.PARTITION, State.PASSED, f"{asked}, murmur2")
        return
    by_crc = ", where CRC-32 puts it" if crc32(key) % shards == record.partition else ""
    yield Finding(
        Check.PARTITION,
        State.FAILED,
        f"lies in partition {record.partition}{by_crc}; murmur2 of its key asks for {asked}",
        "partition",
        "Set the partitioner to Kafka's murmur2 (librdkafka: partitioner=murmur2_random), and name no partition.",
    )

"""What nobody could read, folded from the quarantine's topic. Nothing is deleted; a release is one more record."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from cbrn_consumers.errors import UnknownQuarantineError
from cbrn_routing.bus.read import read_all
from cbrn_schemas.envelope import RESERVED_PREFIX, Header, decode_key
from cbrn_schemas.headers import SIGNATURE
from cbrn_schemas.records import (
    DECISION,
    HINT,
    MESSAGE,
    ORIGIN_KEY,
    ORIGIN_TOPIC,
    QUARANTINED_AT,
    REASON,
    RELEASED_AT,
    RELEASED_BY,
    STATE,
    WHERE,
    bus_headers,
    quarantine_id,
    record_time,
    rfc3339,
)
from cbrn_schemas.topics import bus_topic, parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_routing.bus.record import Record
    from cbrn_schemas.settings import Settings

RELEASED: Final = "released"
REFUSED: Final = "refused"
STRANGE: Final = "strange-record"
"""In place of a reason: the record is none of the router's. It is shown, since somebody must have written it."""
_ID: Final = re.compile(r"[^/]+/[0-9]{1,10}/[0-9]{1,19}")


class Answer(NamedTuple):
    """What became of a decision on a record, or a release from before there were decisions."""

    decision: str
    """Id; empty for such a release."""
    record: str
    """`<topic>/<partition>/<offset>` of the record that was set aside."""
    by: str
    at: str
    """RFC 3339."""
    why: str = ""
    """Why it was refused; empty: it was released."""
    hint: str = ""

    @property
    def outcome(self) -> Literal["applied", "refused"]:
        """Whether what was decided was done."""
        return "refused" if self.why else "applied"

    def headers(self) -> list[Header]:
        """Return how it is written: under the record's id, without a value."""
        refusal = [(MESSAGE, self.why), (HINT, self.hint)] if self.why else []
        texts = [
            (STATE, REFUSED if self.why else RELEASED),
            (DECISION, self.decision),
            (RELEASED_BY, self.by),
            (RELEASED_AT, self.at),
            *refusal,
        ]
        return [(name, text.encode()) for name, text in texts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One quarantined record."""

    id: str
    """`<topic>/<partition>/<offset>` of the record that was set aside."""
    reason: str
    """Code of `cbrn_schemas.errors.Reason`, or `STRANGE`."""
    where: str
    message: str
    hint: str
    at: str
    """When it was set aside, RFC 3339."""
    topic: str
    """Where it came from, and goes back to."""
    key: bytes | None
    headers: list[Header]
    """Its own headers, as it came with them; a content may be null, whatever the type says: Kafka allows it."""
    value: bytes | None
    released_by: str | None = None
    released_at: str | None = None
    refused: tuple[Answer, ...] = ()
    """Decisions on it that changed nothing, and why."""

    @property
    def body(self) -> str:
        """Whose topic it came from."""
        ingress = parse_from_topic(self.topic)
        return "" if ingress is None else ingress.body

    @property
    def open(self) -> bool:
        """Whether it is not released yet."""
        return self.released_at is None


def fold_items(records: Iterable[Record]) -> dict[str, Item]:
    """Fold the topic's records into items by id, the oldest first: set aside first, perhaps marked as released later.

    A record that is none of the router's is an item too, under the name of its own place: it hides nobody else's.
    """
    items: dict[str, Item] = {}
    answers: dict[str, list[Answer]] = {}
    for record in records:
        if (answer := answer_of(record)) is not None:
            answers.setdefault(answer.record, []).append(answer)
        else:
            bus = bus_headers(record.headers)
            identifier = _identifier(record, bus)
            items.setdefault(identifier, _item(identifier, bus, record))
    return {
        identifier: with_answers(item, answers.get(identifier, []))
        for identifier, item in sorted(items.items(), key=lambda entry: (entry[1].at, _place(entry[0])))
    }


def answer_of(record: Record) -> Answer | None:
    """Return what a record says of a decision; None where it is a record that was set aside."""
    bus = bus_headers(record.headers)
    key = (record.key or b"").decode("utf-8", "replace")
    if bus.get(STATE) not in {RELEASED, REFUSED} or not _ID.fullmatch(key):
        return None
    refusal = (bus.get(MESSAGE) or "it was refused", bus.get(HINT, "")) if bus[STATE] == REFUSED else ()
    return Answer(bus.get(DECISION, ""), key, bus.get(RELEASED_BY, ""), bus.get(RELEASED_AT, ""), *refusal)


def with_answers(item: Item, answers: Iterable[Answer]) -> Item:
    """Return the item with what was decided on it; the first release counts."""
    for answer in answers:
        if answer.why:
            item = replace(item, refused=(*item.refused, answer))
        elif item.open:
            item = replace(item, released_by=answer.by, released_at=answer.at)
    return item


def _identifier(record: Record, bus: Mapping[str, str]) -> str:
    """Name the record that this one is about; this one itself where it does not say."""
    key = (record.key or b"").decode("utf-8", "replace")
    if _ID.fullmatch(key) and REASON in bus:
        return key
    return quarantine_id(record.topic, record.partition, record.offset)


def _place(identifier: str) -> tuple[str, int, int]:
    topic, partition, offset = identifier.split("/")
    return topic, int(partition), int(offset)


def _item(identifier: str, bus: Mapping[str, str], record: Record) -> Item:
    own = [
        (name, content) for name, content in record.headers if name == SIGNATURE or not name.startswith(RESERVED_PREFIX)
    ]
    try:
        key = decode_key(bus.get(ORIGIN_KEY, "").encode())
        problem = _strange(identifier, bus)
    except ValueError:
        key, problem = None, f"its header {ORIGIN_KEY} is no base64"
    if problem:
        return Item(
            id=identifier,
            reason=STRANGE,
            where="record",
            message=f"the router did not write this record: {problem}",
            hint="Find out who wrote it; it cannot be released.",
            at=rfc3339(record_time(record.timestamp)),
            topic="",
            key=record.key,
            headers=list(record.headers),
            value=record.value,
        )
    return Item(
        id=identifier,
        reason=bus.get(REASON, ""),
        where=bus.get(WHERE, ""),
        message=bus.get(MESSAGE, ""),
        hint=bus.get(HINT, ""),
        at=bus.get(QUARANTINED_AT, ""),
        topic=identifier.split("/", 1)[0],
        key=key,
        headers=own,
        value=record.value,
    )


def _strange(identifier: str, bus: Mapping[str, str]) -> str:
    """Say what speaks against a record's being the router's; empty: nothing."""
    if REASON not in bus:
        return "it does not say why it is here"
    if bus.get(ORIGIN_TOPIC, identifier.split("/", 1)[0]) != identifier.split("/", 1)[0]:
        return "its key and its headers name different topics"
    return ""


async def quarantined(settings: Settings) -> dict[str, Item]:
    """Read every quarantined record that Kafka still holds, by id, the oldest first.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    return fold_items(await read_all(settings, bus_topic(settings.realm, "quarantine")))


def find_item(items: Mapping[str, Item], identifier: str) -> Item:
    """Find the item with this id.

    Raises:
        UnknownQuarantineError: there is none.
    """
    item = items.get(identifier)
    if item is None:
        raise _unknown(identifier)
    return item


def check_id(identifier: str) -> None:
    """Refuse what can be no record's name, before a broker is asked for it.

    Raises:
        UnknownQuarantineError: see there.
    """
    if not _ID.fullmatch(identifier):
        raise _unknown(identifier)


def _unknown(identifier: str) -> UnknownQuarantineError:
    return UnknownQuarantineError(
        f"no quarantined record is called {identifier!r}", hint="`cbrn quarantine list --all` shows every id."
    )

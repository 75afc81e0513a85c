"""What nobody could read, and its way back: list, look, release. Nothing is deleted; a release is one more record.

A release is one Kafka transaction of the original bytes (or the corrected ones) into the topic they came from and of
the marker `released`. All releases of a realm share one transactional id: whoever starts fences whoever was slower, and
reads the quarantine only then, so that no record is released twice, by however many hands.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError

from cbrn_consumers.errors import (
    AlreadyReleasedError,
    UnknownQuarantineError,
)
from cbrn_consumers.releasing import Release, check_correction, plan_release
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import only_writer, unfinished, until_seen
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.envelope import RESERVED_PREFIX, Header, decode_key
from cbrn_schemas.records import (
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
from cbrn_schemas.topics import Lane, bus_topic, from_topic, parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from aiokafka import AIOKafkaProducer

    from cbrn_consumers.alert import Record
    from cbrn_schemas.settings import Settings

RELEASED: Final = "released"
STRANGE: Final = "strange-record"
"""In place of a reason: the record is none of the router's. It is shown, since somebody must have written it."""
_ID: Final = re.compile(r"[^/]+/[0-9]{1,10}/[0-9]{1,19}")
RELEASE_WITHIN_S: Final = 30.0


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

    @property
    def body(self) -> str:
        """Whose topic it came from."""
        ingress = parse_from_topic(self.topic)
        return "" if ingress is None else ingress.body

    @property
    def open(self) -> bool:
        """Not released yet."""
        return self.released_at is None


def fold_items(records: Iterable[Record]) -> dict[str, Item]:
    """Items by id, the oldest first, from the topic's records: set aside first, perhaps marked as released later.

    A record that is none of the router's is an item too, under the name of its own place: it hides nobody else's.
    """
    items: dict[str, Item] = {}
    releases: dict[str, tuple[str, str]] = {}
    for record in records:
        bus = bus_headers(record.headers)
        identifier = _identifier(record, bus)
        if bus.get(STATE) == RELEASED:
            releases.setdefault(identifier, (bus.get(RELEASED_BY, ""), bus.get(RELEASED_AT, "")))
        else:
            items.setdefault(identifier, _item(identifier, bus, record))
    return {
        identifier: item if identifier not in releases else _released(item, *releases[identifier])
        for identifier, item in sorted(items.items(), key=lambda entry: (entry[1].at, entry[0]))
    }


def _identifier(record: Record, bus: Mapping[str, str]) -> str:
    """Name of the record that this one is about; of this one itself where it does not say."""
    key = (record.key or b"").decode("utf-8", "replace")
    if _ID.fullmatch(key) and (bus.get(STATE) == RELEASED or REASON in bus):
        return key
    return quarantine_id(record.topic, record.partition, record.offset)


def _item(identifier: str, bus: Mapping[str, str], record: Record) -> Item:
    own = [(name, content) for name, content in record.headers if not name.startswith(RESERVED_PREFIX)]
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


def _released(item: Item, by: str, at: str) -> Item:
    return replace(item, released_by=by, released_at=at)


async def quarantined(settings: Settings) -> dict[str, Item]:
    """Every quarantined record that Kafka still holds, by id, the oldest first.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    return fold_items(await read_all(settings, bus_topic(settings.realm, "quarantine")))


def find_item(items: dict[str, Item], identifier: str) -> Item:
    """The item with this id.

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


def release_writer(settings: Settings) -> AbstractAsyncContextManager[AIOKafkaProducer]:
    """The one writer of releases, for the quarantine and every topic that a record may go back to."""
    realm, bodies = settings.realm, publishers(datetime.now(UTC).date(), ahead=True)
    origins = [from_topic(realm, body, lane) for lane in Lane for body in bodies]
    return only_writer(settings, "quarantine.release", bus_topic(realm, "quarantine"), *origins)


async def release(
    settings: Settings, identifier: str, *, by: str, corrected: bytes | None = None, new_id: str | None = None
) -> Release:
    """Put a quarantined record back where it came from and mark it as released by `by`, both or neither.

    Raises:
        UnknownQuarantineError, AlreadyReleasedError, CorrectionError: nothing was written.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    check_id(identifier)
    if corrected is not None:
        check_correction(identifier.split("/", 1)[0], corrected)
    topic, committing = bus_topic(settings.realm, "quarantine"), False
    try:
        async with (
            asyncio.timeout(RELEASE_WITHIN_S),
            release_writer(settings) as producer,
        ):
            item = find_item(await quarantined(settings), identifier)
            if not item.open:
                raise AlreadyReleasedError(
                    f"{identifier} was released by {item.released_by} at {item.released_at}",
                    hint="If it was set aside again, it has a new id: see `cbrn quarantine list`.",
                )
            plan = plan_release(item, corrected=corrected, new_id=new_id)
            marker: list[Header] = [
                (STATE, RELEASED.encode()),
                (RELEASED_BY, by.encode()),
                (RELEASED_AT, rfc3339(datetime.now(UTC)).encode()),
            ]
            async with producer.transaction():
                back = await producer.send_and_wait(plan.topic, plan.value, key=plan.key, headers=plan.headers)
                marked = await producer.send_and_wait(topic, b"", key=identifier.encode(), headers=marker)
                committing = True
            await until_seen(settings, back, marked)
    except (KafkaError, TimeoutError) as error:
        raise unfinished(error, topic, settings, committing=committing, see="cbrn quarantine list") from error
    return plan

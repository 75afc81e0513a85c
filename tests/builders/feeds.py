"""Documents for partners, the records that carry them, and feeds without Kafka."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from aiokafka import ConsumerRecord
from tests.builders.golden import event

from cbrn_consumers.feeds.taking import ReleasedTaker
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.formats.cap import from_event, writing
from cbrn_schemas.formats.cap.model import CapAlert, Reference
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.store import Store

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
SENDER = "mes@cbrn.kg"
DOCUMENT_TYPE = "kg.cbrn.release.document.v1"
WHOSE = {"realm": "cbrn", "body": None}


def cap(number: int = 1, **changed: Any) -> CapAlert:
    """An alert about chlorine, in three languages; `headline` stands in all of them."""
    headline = changed.pop("headline", f"Chlorine {number}")
    severity = changed.pop("severity", "Severe")
    expires = changed.pop("expires", NOW + timedelta(hours=6))
    texts = {lang: {"headline": headline} for lang in ("en", "ru", "ky")}
    said = event("chemical-release", situation="KG-2026-chlorine", severity=severity, texts=texts, tlp="CLEAR")
    given: dict[str, Any] = {"identifier": f"e-{number}", "sender": SENDER, "sent": sent_at(number), "expires": expires}
    more = {name: changed.pop(name) for name in ("scope", "addresses") if name in changed}
    made = from_event.alert_of(said, **(given | more))
    return msgspec.structs.replace(made, **changed)


def sent_at(number: int) -> datetime:
    """When the alert of a number is sent."""
    return NOW + timedelta(seconds=number)


def reference(number: int) -> Reference:
    """What a later alert calls an earlier one by."""
    return Reference(SENDER, f"e-{number}", sent_at(number))


def cancel(number: int, of: int, **changed: Any) -> CapAlert:
    """An alert that cancels another."""
    return cap(number, msg_type="Cancel", references=(reference(of),), **changed)


def released(
    alert: CapAlert | bytes,
    offset: int = 0,
    *,
    partner: str = "kz",
    public: bool = False,
    content_type: bytes = b"application/cap+xml",
    taken: datetime | None = None,
    more: tuple[tuple[str, bytes], ...] = (),
) -> ConsumerRecord[Any, Any]:
    """A record of a partner's documents."""
    content = alert if isinstance(alert, bytes) else writing.write(alert)
    own = binary_headers(id=f"d-{offset}", source="/bus/partners", type=DOCUMENT_TYPE, time="2026-11-27T03:00:00Z")
    headers = [(name, text) for name, text in own if name not in {"content-type", *dict(more)}] + [
        ("content-type", content_type),
        *more,
    ]
    if public:
        headers.append(("cbrn_public", b"true"))
    at = taken or NOW + timedelta(seconds=offset)
    return ConsumerRecord(
        topic=f"{Realm.REAL}.to.{partner}.documents",
        partition=0,
        offset=offset,
        timestamp=int(at.timestamp() * 1000),
        timestamp_type=1,
        key=b"k",
        value=content,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=len(content),
        headers=tuple(headers),
    )


def taken_of(*records: ConsumerRecord[Any, Any]) -> list[tuple[str, Document]]:
    """What is made of records, as a store takes it."""
    taker = ReleasedTaker("en")
    return [(record.topic, one) for record in records for one in taker.take(record)]


def put(store: Store, *records: ConsumerRecord[Any, Any], now: datetime = NOW) -> list[Document]:
    """Put records into a store."""
    ends = {(record.topic, record.partition): record.offset + 1 for record in records}
    return store.take(taken_of(*records), ends, now)


def many(store: Store, count: int, *, partner: str = "kz", begin: int = 0) -> None:
    """Put many documents into a store: one that is read, under names of their own."""
    (topic, one), *_ = taken_of(released(cap(1), partner=partner))
    made = [
        msgspec.structs.replace(
            one,
            name=f"{number:040x}",
            title=f"Chlorine {number}",
            message=one.message._replace(identifier=f"e-{number}"),
            taken=NOW + timedelta(seconds=number),
        )
        for number in range(begin, begin + count)
    ]
    store.take([(topic, each) for each in made], {}, NOW)

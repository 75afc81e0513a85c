"""From a record to the documents of feeds: what was released to a partner as it is, a body's alerts as CAP. No I/O.

What was released is never made anew: its bytes, signed by the bus when a person released it, are what a feed hands out.
A body's alerts stand in Kafka as events, and this process makes CAP of them whenever its database is filled. So the
same alert must always become the same bytes: the document is a function of the record alone, and signed by RFC 6979,
without a random number.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from cbrn_consumers.alert import read_alert
from cbrn_consumers.feeds.document import CAP, PUBLIC_FEED, Document, Message, UnfitDocumentError, name_of
from cbrn_schemas.events.base import Incident, Monitoring
from cbrn_schemas.formats.cap import from_event, reading, writing
from cbrn_schemas.formats.cap.lexical import event_id
from cbrn_schemas.formats.signature import sign
from cbrn_schemas.records import ACKNOWLEDGE_BY, PUBLIC, bus_headers, record_time
from cbrn_schemas.topics import parse_to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_consumers.alert import Alert
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.formats.cap.model import CapAlert, Info, Reference
    from cbrn_schemas.formats.signature import SigningIdentity

TYPES: Final = frozenset({CAP, "application/xml", "text/xml", "application/irix+xml", "application/edxl-de+xml"})
"""Of documents that are handed out; what says to be a page or a script is none."""
PUBLIC_SCOPE: Final = "Public"
SUMMARY_CHARS_MAX: Final = 1_000
_SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")


class Taker(Protocol):
    """Makes documents of the records of some topics."""

    @property
    def stream(self) -> str:
        """Last part of the topics' names."""

    def take(self, record: Record) -> list[Document]:
        """Return the documents of a record; none where it is not to be shown.

        Raises:
            BusError: it holds none that can be shown.
        """

    def forget(self) -> None:
        """Forget what was taken: it comes again."""


class ReleasedTaker:
    """Takes what was released to partners."""

    stream: Final = "documents"

    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def take(self, record: Record) -> list[Document]:
        """Return the partner's document; and the public one, where both its agreement and it itself say so.

        Raises:
            BusError: it holds none that can be shown.
        """
        content = record.value
        if not content:
            return []
        headers = {name.lower(): text for name, text in record.headers if text is not None}
        content_type = headers.get("content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        if content_type not in TYPES:
            raise UnfitDocumentError(f"{content_type[:60]!r} is no type of document that a feed hands out")
        bus = bus_headers(record.headers)
        partner = _whose(record)
        acknowledge_by = _moment(bus.get(ACKNOWLEDGE_BY))
        taken = record_time(record.timestamp)
        if content_type != CAP:
            return [_other(partner, content, content_type, headers, taken)]
        alert = reading.read(content, "lenient")
        document = _document(
            partner, name_of(content), content, alert, taken=taken, lang=self._lang, acknowledge_by=acknowledge_by
        )
        if bus.get(PUBLIC) != "true":
            return [document]
        if alert.scope != PUBLIC_SCOPE:
            raise UnfitDocumentError(
                f"{alert.identifier} is to be public, and says of itself that its scope is {alert.scope}"
            )
        return [document, msgspec.structs.replace(document, feed=PUBLIC_FEED, acknowledge_by=None)]

    def forget(self) -> None:
        """Forget nothing: a document stands for itself."""


class AlertTaker:
    """Makes CAP of a body's alerts. It knows what it made of each situation, which later documents must name."""

    stream: Final = "alerts"

    def __init__(
        self,
        lang: Language,
        identity: SigningIdentity | None,
        *,
        restricted: bool,
        former: Iterable[tuple[str, Reference]] = (),
    ) -> None:
        """Take with what is signed, whether restricted alerts are shown, and what there is of each situation."""
        self._lang, self._identity, self._restricted = lang, identity, restricted
        self._former: dict[str, list[Reference]] = {}
        for situation, reference in former:
            self._former.setdefault(situation, []).append(reference)

    def take(self, record: Record) -> list[Document]:
        """Return the alert as CAP; of what the bus itself says, and of what is not to be shown, there is none.

        Raises:
            BusError: it cannot be read, or no CAP be made of it.
        """
        alert = read_alert(record)
        if not isinstance(alert.event, Incident | Monitoring) or (alert.secret and not self._restricted):
            return []
        body, situation = _whose(record), alert.situation or ""
        former = self._former.get(situation, [])
        if any(event_id(one.identifier) == alert.id for one in former):
            return []  # it comes again when it is passed on: its readers have it
        cap = self._cap(alert, body, tuple(former))
        content = writing.write(cap)
        if self._identity is not None:
            content = sign(content, self._identity)
        self._former.setdefault(situation, []).append(cap.reference)
        name = name_of(alert.source.encode(), alert.id.encode())
        taken = alert.origin.timestamp
        return [
            _document(
                body,
                name,
                content,
                cap,
                taken=taken,
                lang=self._lang,
                acknowledge_by=alert.acknowledge_by,
                situation=situation,
            )
        ]

    def forget(self) -> None:
        """Forget what was made of each situation."""
        self._former.clear()

    def _cap(self, alert: Alert, body: str, former: tuple[Reference, ...]) -> CapAlert:
        assert isinstance(alert.event, Incident | Monitoring)
        private = alert.secret or alert.event.tlp == "AMBER"
        return from_event.alert_of(
            alert.event,
            identifier=alert.id,
            sender=from_event.sender_of(alert.event.body),
            sent=alert.origin.timestamp,
            references=former if getattr(alert.event, "message_type", "Alert") != "Alert" else (),
            scope="Private" if alert.restricted else None,
            addresses=(body,) if private else (),
        )


def _document(
    feed: str,
    name: str,
    content: bytes,
    alert: CapAlert,
    *,
    taken: datetime,
    lang: Language,
    acknowledge_by: datetime | None,
    situation: str = "",
) -> Document:
    info = _info_in(alert, lang)
    ends = [one.expires for one in alert.infos]
    return Document(
        feed=feed,
        name=name,
        content=content,
        size=len(content),
        content_type=CAP,
        message=Message(alert.sender, alert.identifier),
        title=_title(alert, info),
        summary=None if info is None else (info.description or info.instruction or "")[:SUMMARY_CHARS_MAX] or None,
        languages=tuple(one.language for one in alert.infos),
        message_type=alert.msg_type,
        status=alert.status,
        severity=min((one.severity for one in alert.infos), key=_gravity, default="Unknown"),
        sent=alert.sent,
        taken=taken,
        expires=max((one for one in ends if one is not None), default=None) if None not in ends else None,
        replaces=tuple(Message(one.sender, one.identifier) for one in alert.references)
        if alert.msg_type in {"Update", "Cancel"}
        else (),
        acknowledge_by=acknowledge_by,
        situation=situation,
    )


def _other(feed: str, content: bytes, content_type: str, headers: dict[str, bytes], taken: datetime) -> Document:
    """Make an entry of a document that is not CAP: what it says is for its readers."""
    identifier = headers.get("ce_id", b"").decode("utf-8", "backslashreplace")
    return Document(
        feed=feed,
        name=name_of(content),
        content=content,
        size=len(content),
        content_type=content_type,
        message=Message(headers.get("ce_source", b"").decode("utf-8", "backslashreplace"), identifier),
        title=f"{content_type}: {identifier}",
        summary=None,
        languages=(),
        message_type="Alert",
        status="Actual",
        severity="Unknown",
        sent=taken,
        taken=taken,
        expires=None,
    )


def _whose(record: Record) -> str:
    place = parse_to_topic(record.topic)
    assert place is not None, "only such topics are read"
    return place.body


def _info_in(alert: CapAlert, lang: Language) -> Info | None:
    own = [one for one in alert.infos if one.language.lower().startswith(lang)]
    return next(iter([*own, *alert.infos]), None)


def _title(alert: CapAlert, info: Info | None) -> str:
    said = alert.identifier if info is None else info.headline or info.event
    return said if alert.status == "Actual" else f"{alert.status.upper()} · {said}"


def _gravity(severity: str) -> int:
    return _SEVERITIES.index(severity) if severity in _SEVERITIES else len(_SEVERITIES)


def _moment(text: str | None) -> datetime | None:
    try:
        found = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None

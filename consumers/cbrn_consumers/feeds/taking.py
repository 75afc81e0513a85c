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
from cbrn_routing.jurisdiction.outlines import polygons_of
from cbrn_schemas.events.base import Incident, Monitoring
from cbrn_schemas.formats import edxl, irix
from cbrn_schemas.formats.cap import from_event, reading, writing
from cbrn_schemas.formats.cap.model import Reference
from cbrn_schemas.formats.signature import sign
from cbrn_schemas.records import ACKNOWLEDGE_BY, PUBLIC, bus_headers, record_time
from cbrn_schemas.topics import parse_to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cbrn_consumers.alert import Alert
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.formats.cap.model import CapAlert, Info
    from cbrn_schemas.formats.signature import SigningIdentity

TYPES: Final = frozenset({CAP, edxl.CONTENT_TYPE, irix.CONTENT_TYPE})
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

    def begin(self, known: Callable[[str], Iterable[Document]]) -> None:
        """Begin anew with what the database holds of a feed: what was taken and could not be kept comes again."""


class ReleasedTaker:
    """Takes what was released to partners."""

    stream: Final = "documents"

    def __init__(self, lang: Language) -> None:
        self._lang = lang
        self._latest: dict[str, tuple[str, Document]] = {}
        """By topic: the CAP document that came last, and the id that it shares with the others of its release."""

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
        release, _, form = headers.get("ce_id", b"").decode("utf-8", "backslashreplace").rpartition(".")
        if content_type != CAP:
            known, cap = self._latest.get(record.topic, ("", None))
            like = cap if cap is not None and known == release else _unknown(partner, headers, taken)
            return [_other(like, content, content_type, form.upper())]
        alert = reading.read(content, "lenient")
        document = _document(
            partner, name_of(content), content, alert, taken=taken, lang=self._lang, acknowledge_by=acknowledge_by
        )
        self._latest[record.topic] = release, document
        if bus.get(PUBLIC) != "true":
            return [document]
        if alert.scope != PUBLIC_SCOPE:
            raise UnfitDocumentError(
                f"{alert.identifier} is to be public, and says of itself that its scope is {alert.scope}"
            )
        return [document, msgspec.structs.replace(document, feed=PUBLIC_FEED, acknowledge_by=None)]

    def begin(self, known: Callable[[str], Iterable[Document]]) -> None:  # noqa: ARG002 - a document stands for itself
        """Forget what came last."""
        self._latest.clear()


class AlertTaker:
    """Makes CAP of a body's alerts. It knows what it made of each situation, which later documents must name."""

    stream: Final = "alerts"

    def __init__(self, body: str, lang: Language, identity: SigningIdentity | None, *, restricted: bool) -> None:
        """Take whose alerts they are, with what is signed, and whether restricted ones are shown."""
        self._body, self._lang, self._identity, self._restricted = body, lang, identity, restricted
        self._former: dict[str, dict[str, Reference]] = {}
        """By situation: what there is of it, by the document's name."""

    def begin(self, known: Callable[[str], Iterable[Document]]) -> None:
        """Begin anew with what the database holds: what was taken and could not be kept comes again."""
        self._former.clear()
        for one in known(self._body):
            reference = Reference(one.message.sender, one.message.identifier, one.sent)
            self._former.setdefault(one.situation, {})[one.name] = reference

    def take(self, record: Record) -> list[Document]:
        """Return the alert as CAP; of what the bus itself says, and of what is not to be shown, there is none.

        Raises:
            BusError: it cannot be read, or no CAP be made of it.
        """
        alert = read_alert(record)
        if not isinstance(alert.event, Incident | Monitoring) or (alert.secret and not self._restricted):
            return []
        name = name_of(alert.source.encode(), alert.id.encode())
        situation = alert.situation or name
        former = self._former.setdefault(situation, {})
        if name in former:
            return []  # it comes again when it is passed on: its readers have it
        cap = self._cap(alert, former.values())
        content = writing.write(cap)
        if self._identity is not None:
            content = sign(content, self._identity)
        former[name] = cap.reference
        return [
            _document(
                self._body,
                name,
                content,
                cap,
                taken=alert.origin.timestamp,
                lang=self._lang,
                acknowledge_by=alert.acknowledge_by,
                situation=situation,
            )
        ]

    def _cap(self, alert: Alert, former: Iterable[Reference]) -> CapAlert:
        """Make the document that screens show, too; of a restricted alert one that says for whom it is."""
        assert isinstance(alert.event, Incident | Monitoring)
        event = alert.event
        follows = getattr(event, "message_type", "Alert") != "Alert"
        earlier = sorted(
            (one for one in former if one.sent <= event.reported), key=lambda one: (one.sent, one.identifier)
        )
        return from_event.alert_of(
            event,
            identifier=alert.id,
            sender=from_event.sender_of(event.body),
            sent=event.reported,
            references=tuple(earlier) if follows else (),
            scope="Private" if alert.secret else None,
            addresses=(self._body,) if alert.secret else (),
            outline=polygons_of,
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


def _other(like: Document, content: bytes, content_type: str, form: str) -> Document:
    """Make an entry of a document of another standard: it says what the CAP document of the same release says.

    So it leaves the feed with that one. To the public it is not shown: it names the partner for whom it is.
    """
    return msgspec.structs.replace(
        like,
        name=name_of(content),
        content=content,
        size=len(content),
        content_type=content_type,
        title=f"{like.title} ({form})" if like.title else form,
    )


def _unknown(feed: str, headers: dict[str, bytes], taken: datetime) -> Document:
    """Return what is known of a document that came without one in CAP."""
    said = {name: text.decode("utf-8", "backslashreplace") for name, text in headers.items()}
    return Document(
        feed=feed,
        name="",
        size=0,
        content_type="",
        message=Message(said.get("ce_source", ""), said.get("ce_id", "")),
        title=said.get("ce_subject", ""),
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

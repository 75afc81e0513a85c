"""What the inbox keeps of one delivered record: to which group it belongs, where it stands, and what it says. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache, partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.inbox.protection import GRAVE, Protection, protection_of
from cbrn_consumers.inbox.readings import Reading, limits_of, readings_of, remarks_of
from cbrn_schemas.catalogue.places import district, region
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.duty import OverdueAlarm
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.events import HazmatMovement, Incident
from cbrn_schemas.held_alarm import HeldAlarm
from cbrn_schemas.records import LOCAL_LANGUAGES, Alarm
from cbrn_schemas.silence import Subject
from cbrn_schemas.unanswered import LANGUAGES, Silent, Unanswered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_consumers.alert import Alert, RoleCode
    from cbrn_consumers.tail import Unreadable
    from cbrn_schemas.events import AnyEvent, MessageType, Severity
    from cbrn_schemas.events.base import Status
    from cbrn_schemas.topics import Lane

BESIDE: Final = " / "
"""Between the situation and the body in whose place an answer is asked; names of neither have blanks."""
NOBODY: Final = "bus"
"""In place of a publisher where the bus speaks for itself."""


class GroupType(StrEnum):
    """What makes messages one group."""

    SITUATION = "situation"
    STATION = "station"
    QUARANTINE = "quarantine"
    """A record that lies in quarantine; where they come in a flood, those of one body for one reason."""
    DUTY = "duty"
    """A duty whose time has run out."""
    UNANSWERED = "unanswered"
    """An alert without an answer that was passed on: to who is asked by itself, else those of a situation together."""
    SILENT = "silent"
    """A part of the bus that is silent."""
    HELD = "held"
    """A copy for a partner that waits for a person, until it has left or is over."""
    UNREADABLE = "unreadable"
    """A record that this version cannot read; where they come in a flood, those of one topic."""


CROWDS: Final = frozenset({GroupType.QUARANTINE, GroupType.UNREADABLE})
"""What nobody could read may be anything, so each is a matter by itself; only a flood of them is one."""


class GroupKey(NamedTuple):
    """Name of a group."""

    lane: Lane
    sort: GroupType
    name: str
    """The situation or the station; where the record stands that is in quarantine or cannot be read, of a flood of them
    `<body>/<reason>` or the topic; the duty; the alarm's own id, or its
    situation, with the body in whose place an answer is asked."""

    @property
    def situation(self) -> str:
        """What an officer calls it, and answers for."""
        return self.name.split(BESIDE)[0]

    @property
    def in_place_of(self) -> str | None:
        """Which body has not answered, where this one is asked instead."""
        return self.name.partition(BESIDE)[2] or None


class Coordinate(NamedTuple):
    """Where a record stands for ever."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivered message. Times are aware."""

    key: GroupKey
    coordinate: Coordinate
    identity: int
    """64 bits of (source, id, level): what comes again counts once."""
    id: str
    routed: datetime
    observed: datetime
    kind: str
    hazard: str
    publisher: str
    severity: Severity
    role: RoleCode | None
    rules: tuple[str, ...]
    acknowledge_by: datetime | None
    level: int
    warnings: tuple[str, ...]
    restricted: bool
    place: str
    message_type: MessageType = "Alert"
    status: Status = "Actual"
    deliberate: bool | None = None
    headlines: Mapping[str, str]
    """By language."""
    readings: tuple[Reading, ...] = ()
    remarks: tuple[str, ...] = ()
    """Verdicts and findings of a reading, as it codes them: `danger`, `aegl-1`, `Cs-137`."""
    limits: frozenset[str] = frozenset()
    """Limits that are reached (`readings.limits_of`)."""
    rank: int = 0
    """The gravest of them; 0 for none."""
    ends: bool = False
    """After it nothing more is to be done: a cancellation, a load that has arrived, a copy that has left."""
    protection: frozenset[Protection]
    subject: Subject
    data: bytes = b""
    """The event as it was published; empty for what the bus says itself."""
    crowd: GroupKey | None = None
    """The group of a flood of its kind; None where there is none."""

    @property
    def names(self) -> set[str]:
        """Names of the groups in which it may stand."""
        named = {key.name for key in (self.key, self.crowd) if key is not None}
        return named | {self.key.situation}

    @property
    def urgent(self) -> bool:
        """A severe one, or worse by its own facts: never kept back."""
        return self.severity in {"Severe", "Extreme"} or not GRAVE.isdisjoint(self.protection)

    @property
    def facts(self) -> tuple[Any, ...]:
        """What a correction would change."""
        return self.kind, self.hazard, self.place, self.deliberate


def delivery_of(alert: Alert, lane: Lane) -> Delivery:
    """Make what the inbox keeps of an alert that was delivered on `lane`."""
    if isinstance(alert.event, Alarm):
        return _of_alarm(alert, alert.event, lane)
    if isinstance(alert.event, OverdueAlarm):
        return _of_overdue(alert, alert.event, lane)
    if isinstance(alert.event, HeldAlarm):
        return _of_held(alert, alert.event, lane)
    if isinstance(alert.event, Unanswered | Silent):
        return _of_watch(alert, alert.event, lane)
    event: AnyEvent = alert.event
    sort, name, message, ends = _thread(event)
    limits = limits_of(event)
    return Delivery(
        key=GroupKey(lane, sort, name),
        coordinate=Coordinate(*alert.origin[:3]),
        identity=_identity(*alert.identity),
        id=alert.id,
        routed=alert.origin.timestamp,
        observed=event.observed,
        kind=event.kind,
        hazard=event.hazard,
        publisher=event.body,
        severity=event.severity,
        role=alert.role,
        rules=alert.rules,
        acknowledge_by=alert.acknowledge_by,
        level=alert.level,
        warnings=alert.warnings,
        restricted=alert.restricted,
        place=alert.place,
        message_type=message,
        status="Exercise" if alert.exercise else event.status,
        deliberate=event.deliberate,
        headlines={lang: text.headline for lang, text in event.texts.items()},
        readings=readings_of(event),
        remarks=remarks_of(event),
        limits=frozenset(limits),
        rank=max(limits.values(), default=0),
        ends=ends,
        protection=protection_of(event, role=alert.role, acknowledge_by=alert.acknowledge_by, level=alert.level),
        subject=_subject(event, alert.place),
        data=alert.data,
    )


def _thread(event: AnyEvent) -> tuple[GroupType, str, MessageType, bool]:
    """Return the group's sort and name, the message's type, and whether it ends the group."""
    if isinstance(event, Incident):
        return GroupType.SITUATION, event.situation, event.message_type, event.message_type == "Cancel"
    ends = isinstance(event, HazmatMovement) and event.phase in {"arrived", "cancelled"}
    return GroupType.STATION, event.station, "Alert", ends


def _subject(event: AnyEvent, place: str) -> Subject:
    # A silence of one place, or of one hazard, hides nothing that is in another, too.
    soate, iso = (None, None) if event.where.further_districts else place_parts(place)
    unsettled = isinstance(event, Incident) and (event.further_hazards or getattr(event, "identified", True) is False)
    hazard = "" if unsettled else event.hazard
    situation, station = (event.situation, None) if isinstance(event, Incident) else (None, event.station)
    return Subject(situation, station, event.kind, hazard, soate, iso, event.body)


def _of_alarm(alert: Alert, alarm: Alarm, lane: Lane) -> Delivery:
    delivery = _of_bus(
        GroupKey(lane, GroupType.QUARANTINE, alarm.quarantine_id),
        Coordinate(*alert.origin[:3]),
        identity=_identity(*alert.identity),
        id=alert.id,
        at=alert.origin.timestamp,
        kind=alarm.kind,
        publisher=alarm.body,
        role=alert.role,
        texts={
            lang: f"{word('reason', alarm.reason, lang)}: {alarm.where}: {alarm.message}"
            for lang in ("en", *LOCAL_LANGUAGES)
        },
    )
    return replace(delivery, crowd=GroupKey(lane, GroupType.QUARANTINE, f"{alarm.body}/{alarm.reason}"))


def _said_by_bus(alert: Alert, group: GroupKey, kind: str, texts: dict[str, str]) -> Delivery:
    """Make a delivery of what the bus itself says."""
    return _of_bus(
        group,
        Coordinate(*alert.origin[:3]),
        identity=_identity(*alert.identity),
        id=alert.id,
        at=alert.origin.timestamp,
        kind=kind,
        publisher=NOBODY,
        role=alert.role,
        texts=texts,
    )


def _of_overdue(alert: Alert, alarm: OverdueAlarm, lane: Lane) -> Delivery:
    group = GroupKey(lane, GroupType.DUTY, f"{alarm.kind}/{alarm.duty}")
    return replace(_said_by_bus(alert, group, alarm.kind, alarm.title.model_dump()), restricted=alert.restricted)


def _of_held(alert: Alert, alarm: HeldAlarm, lane: Lane) -> Delivery:
    group = GroupKey(lane, GroupType.HELD, alarm.copy_id)
    said = _said_by_bus(alert, group, alarm.kind, {lang: alarm.headline_in(lang) for lang in LANGUAGES})
    return replace(
        said,
        restricted=alert.restricted,
        severity=alarm.severity,
        status="Exercise" if alert.exercise else "Actual",
        ends=alarm.ends,
    )


def _of_watch(alert: Alert, alarm: Unanswered | Silent, lane: Lane) -> Delivery:
    # Who is asked reads one line a body in whose place it is asked; who is only told one a situation.
    name, due, said = alert.id, None, alarm.headline_in
    if isinstance(alarm, Unanswered):
        said = partial(alarm.headline_in, named=False)  # the group's name is the situation's
        asked = alert.role == "lead"
        name = f"{alarm.situation}{BESIDE}{alarm.body}" if asked else alarm.situation
        # Where it is passed on to nobody further, the time has run out already.
        due = (alarm.again or alarm.at) if asked else None
    group = GroupKey(lane, GroupType(alarm.kind), name)
    delivery = _said_by_bus(alert, group, alarm.kind, {lang: said(lang) for lang in LANGUAGES})
    return replace(
        delivery,
        restricted=alert.restricted,
        level=alert.level,
        acknowledge_by=due,
        severity=alarm.severity,
        status="Exercise" if alert.exercise else "Actual",
    )


def delivery_of_unreadable(record: Unreadable, lane: Lane) -> Delivery:
    """Make what the inbox keeps of a record that this version cannot read: it is told, too."""
    coordinate = Coordinate(*record.origin[:3])
    delivery = _of_bus(
        GroupKey(lane, GroupType.UNREADABLE, str(record.origin)),
        coordinate,
        identity=_identity(coordinate.topic, str(coordinate.partition), coordinate.offset),
        id=str(record.origin),
        at=record.origin.timestamp,
        kind="unreadable",
        publisher=NOBODY,
        role=None,
        texts={"en": f"{record.error}. {record.error.hint}"},
    )
    return replace(delivery, crowd=GroupKey(lane, GroupType.UNREADABLE, coordinate.topic))


def _of_bus(
    key: GroupKey,
    coordinate: Coordinate,
    *,
    identity: int,
    id: str,  # noqa: A002 - the attribute's own name in CloudEvents
    at: datetime,
    kind: str,
    publisher: str,
    role: RoleCode | None,
    texts: Mapping[str, str],
) -> Delivery:
    """Make the delivery of a word of the bus itself: nobody has rated it, so nobody may silence it."""
    return Delivery(
        key=key,
        coordinate=coordinate,
        identity=identity,
        id=id,
        routed=at,
        observed=at,
        kind=kind,
        hazard="",
        publisher=publisher,
        severity="Unknown",
        role=role,
        rules=(),
        acknowledge_by=None,
        level=0,
        warnings=(),
        restricted=False,
        place="",
        headlines=texts,
        protection=frozenset({Protection.BUS}),
        subject=Subject(None, None, kind, "", None, None, publisher),
    )


def _identity(source: str, identifier: str, level: int) -> int:
    digest = blake2b(f"{source}\0{identifier}\0{level}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@lru_cache(maxsize=1024)  # about as many as the country has districts
def place_parts(place: str) -> tuple[str | None, str | None]:
    """Read the district (SOATE) and region (ISO 3166-2) of a place label of the router; None where it has none."""
    try:
        if place.startswith("KG-"):
            return None, region(place).region
        if place.isdigit():
            return place, district(place).region
    except UnknownCodeError:
        pass
    return None, None

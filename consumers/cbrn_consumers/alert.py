"""What a body receives: the event that was published and, beside it, what is expected of the body.

Pure: bytes in, a typed alert out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Protocol, cast

from pydantic import ValidationError

from cbrn_consumers.errors import NoFeedError
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.duty import OVERDUE_TYPE, OverdueAlarm
from cbrn_schemas.envelope import RESERVED_PREFIX, read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import AnyEvent, Incident, read_event
from cbrn_schemas.held_alarm import HELD_TYPE, HeldAlarm
from cbrn_schemas.marks import marked
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.records import (
    ACKNOWLEDGE_BY,
    ALARM_TYPE,
    LEVEL,
    PLACE,
    RESTRICTED,
    ROLE,
    RULE,
    RULEBOOK,
    SIGNED_BY,
    WARNINGS,
    Alarm,
    bus_headers,
    record_time,
)
from cbrn_schemas.topics import Realm
from cbrn_schemas.unanswered import SILENT_TYPE, UNANSWERED_TYPE, Silent, Unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_consumers.standing import Answer
    from cbrn_routing.bus.record import Record
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.events.base import Language, Text
    from cbrn_schemas.receipt import Act

RoleCode = Literal["lead", "support", "inform"]
BusAlarm = Alarm | OverdueAlarm | Unanswered | Silent | HeldAlarm
"""What the bus itself has to say."""
YEAR_MIN: Final = 1970
YEAR_MAX: Final = 2199
"""Of the time by which to acknowledge: outside of them not every time zone could show it."""


class Origin(NamedTuple):
    """Where an alert stands in its topic, and when the router put it there (UTC)."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime

    @classmethod
    def of(cls, record: Record) -> Origin:
        """Return the place of a consumed record."""
        return cls(record.topic, record.partition, record.offset, record_time(record.timestamp))

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


class Answering(Protocol):
    """What gives a body's answers: `cbrn_consumers.answering.Answers`."""

    async def say(self, alert: Alert, act: Act, *, by: str, **said: Any) -> Answer:
        """Write a receipt; return once Kafka holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One event as one body receives it. On the monitoring lane a reading: it has no deadline."""

    id: str
    """CloudEvents id, as the publisher gave it; unique together with `source`."""
    source: str
    """CloudEvents source: `/mes` or `/mes/<system>`."""
    type: str
    event: AnyEvent | BusAlarm
    """The typed event; an `Alarm` where the bus reports an incident that nobody could read, an `OverdueAlarm` where it
    reports a duty to others whose time has run out, `Unanswered` where an alert lacks an answer, `Silent` where a part
    of the bus is, `HeldAlarm` where a copy for a partner waits for a person."""
    data: bytes
    """The event's bytes as they were published."""
    role: RoleCode | None
    """What is expected of the body; None for an alarm of the bus itself."""
    rules: tuple[str, ...]
    """Ids of the rules that named the body; `earlier-recipient` where it is told because it got the original."""
    acknowledge_by: datetime | None
    """When the body must have acknowledged; None where no answer is asked for."""
    level: int
    """How often the alert was passed on for want of an acknowledgement."""
    warnings: tuple[str, ...]
    """Codes of `cbrn_schemas.errors.Doubt`: what is doubtful about the event."""
    restricted: bool
    """Only named duty officers of the body may see it."""
    rulebook: str
    """First 12 hexadecimal digits of the deciding rule book's digest."""
    place: str
    """Code of the district, else of the region, else of the country; empty where unknown."""
    origin: Origin
    signed_by: str = ""
    """Id of the key whose signature over the event the router has verified; empty: it counts as not signed."""

    answers: Answering | None = field(default=None, repr=False, compare=False)
    """By what its body answers: that of the feed which has handed it over; None for one that was only read."""

    async def acknowledge(self, *, by: str, note: str | None = None) -> Answer:
        """Say that a person, or the body's program, has the alert; return once Kafka holds it.

        Raises:
            ReceiptError: it cannot be said so: `where`.
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
            NoFeedError: no feed has handed it over.
        """
        return await self._answering.say(self, "acknowledged", by=by, text=note)

    async def accept(self, *, by: str, note: str | None = None) -> Answer:
        """Say that the body acts on it; else as `acknowledge`."""
        return await self._answering.say(self, "accepted", by=by, text=note)

    async def decline(self, *, by: str, reason: str, note: str | None = None) -> Answer:
        """Say that the body does not act on it, and why; else as `acknowledge`."""
        return await self._answering.say(self, "declined", by=by, reason=reason, text=note)

    @property
    def _answering(self) -> Answering:
        if self.answers is None:
            raise NoFeedError(
                f"no feed has handed {self.id} over, so it is not known for which body to answer",
                hint="Answer in a feed's handler, or with `Answers(body)`, `await answers.accept(alert, by=...)`.",
            )
        return self.answers

    @property
    def identity(self) -> tuple[str, str, int]:
        """What makes an alert the same one: it comes again on purpose when it is escalated."""
        return self.source, self.id, self.level

    @property
    def situation(self) -> str | None:
        """The situation that it is about; None of a reading, and of most of what the bus itself says."""
        return getattr(self.event, "situation", None)

    @property
    def publisher(self) -> str | None:
        """Who published it. The watch's alarms name in `body` whom they are about, and nobody has published them."""
        return None if isinstance(self.event, Unanswered | Silent | HeldAlarm) else getattr(self.event, "body", None)

    @property
    def answerable(self) -> SeenEvent | None:
        """The event that an answer speaks of; of what the watch passes on, that which lacks an answer; else None."""
        if isinstance(self.event, Incident):
            return SeenEvent(source=self.source, id=self.id)
        return self.event.event if isinstance(self.event, Unanswered) else None

    @property
    def secret(self) -> bool:
        """Whether only named duty officers may see it; or its publisher has marked it TLP RED, which says the same."""
        return self.restricted or getattr(self.event, "tlp", None) == "RED"

    def text(self, lang: Language) -> Text | None:
        """Return what its publisher wrote in `lang`, else in a language that there is; None where nobody wrote any."""
        texts = self.event.texts
        return texts.get(lang) or next(iter(texts.values()), None)

    def headline(self, lang: Language) -> str:
        """Return the line for an officer in `lang`, else in a language that there is, else the name of the kind.

        It is never empty, be it an event or an alarm of the bus: where there is nothing to read nobody would look. An
        exercise, an update, an all-clear and secrecy are marked at its beginning: «EXERCISE · UPDATE · Dam breached».
        """
        found = self.text(lang)
        said = word("kind", self.event.kind, lang) if found is None else found.headline
        return marked(said, self.event, lang, restricted=self.restricted, exercise=self.exercise)

    @property
    def exercise(self) -> bool:
        """Whether it is not in earnest, by its own word or by the realm in which it was told."""
        by_itself = getattr(self.event, "status", "Actual") == "Exercise"
        return by_itself or self.origin.topic.startswith(f"{Realm.EXERCISE}.")


def read_alert(
    record: Record, parse: Callable[[bytes], AnyEvent] = read_event, answers: Answering | None = None
) -> Alert:
    """Read the alert in a record of `<realm>.to.<body>.alerts` or `.monitoring`; its body answers by `answers`.

    `parse` may remember events: the same one is told to several bodies.

    Raises:
        InvalidEventError: not an alert that this version understands; nothing else, whatever the record holds.
    """
    try:
        return _read(record, parse, answers)
    except InvalidEventError:
        raise
    except Exception as error:
        raise failed_on(error) from error


def failed_on(error: Exception) -> InvalidEventError:
    """Word a fault of this program over a record that may be as good as any."""
    return InvalidEventError(
        Reason.INTERNAL_ERROR,
        where="value",
        message=f"this program failed on it: {type(error).__name__}: {str(error)[:200]}",
        hint="Look at the record by hand, and report the fault.",
    )


def _read(record: Record, parse: Callable[[bytes], AnyEvent], answers: Answering | None) -> Alert:
    # The bus's own are no part of the event; without them it is read the short way.
    own: list[Header] = []
    reserved: list[Header] = []
    for header in record.headers:
        (reserved if header[0].startswith(RESERVED_PREFIX) else own).append(header)
    bus = bus_headers(reserved)
    envelope = read_envelope(own, record.value)
    alarm = _ALARMS.get(envelope.type)
    event = parse(envelope.data) if alarm is None else _alarm(alarm, envelope.data)
    return Alert(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        event=event,
        data=envelope.data,
        role=_role(bus.get(ROLE)),
        rules=_codes(bus.get(RULE)),
        acknowledge_by=_moment(bus.get(ACKNOWLEDGE_BY)),
        level=_level(bus.get(LEVEL)),
        warnings=_codes(bus.get(WARNINGS)),
        restricted=bus.get(RESTRICTED) == "true",
        rulebook=bus.get(RULEBOOK, ""),
        place=bus.get(PLACE, ""),
        origin=Origin.of(record),
        signed_by=bus.get(SIGNED_BY, ""),
        answers=answers,
    )


_ALARMS: Final[Mapping[str, type[BusAlarm]]] = {
    ALARM_TYPE: Alarm,
    OVERDUE_TYPE: OverdueAlarm,
    UNANSWERED_TYPE: Unanswered,
    SILENT_TYPE: Silent,
    HELD_TYPE: HeldAlarm,
}
"""What the bus itself has to say, by CloudEvents type."""


def _alarm(model: type[BusAlarm], data: bytes) -> BusAlarm:
    try:
        return model.model_validate_json(data, extra="ignore")
    except ValidationError as error:
        raise _bad_header("value", f"not an alarm of this version: {error.error_count()} findings") from None


def _role(text: str | None) -> RoleCode | None:
    if text is not None and text not in {"lead", "support", "inform"}:
        raise _bad_header(f"header:{ROLE}", f"{text[:40]!r} is no role")
    return cast("RoleCode | None", text)


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad_header(f"header:{ACKNOWLEDGE_BY}", f"{text[:40]!r} is no RFC 3339 time") from None
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise _bad_header(f"header:{ACKNOWLEDGE_BY}", f"{text[:40]!r} is no time of ours")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _level(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) <= len("99") else 0


def _bad_header(where: str, message: str) -> InvalidEventError:
    return InvalidEventError(
        Reason.HEADERS_CONTRADICT,
        where=where,
        message=message,
        hint="The bus writes it: bring this program to the version of the bus, or report it.",
    )

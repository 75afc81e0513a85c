"""What is to be explained: an event that is decided now, or a decision that was made, from a file or from the bus."""

from __future__ import annotations

import json
import unicodedata
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import TopicPartition

from cbrn_consumers.errors import HistoryError
from cbrn_producers.files import Refusal, read_events
from cbrn_routing.bus.read import assigned, catch_up, ends_of, existing, there
from cbrn_routing.decide import Engine
from cbrn_routing.decision_record import DecisionRecordError, cell_of, days_of, further_cells_of, read_decision
from cbrn_routing.explain import Explainer, differences, origins_of
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.rulebook import Eras
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import key_of, parse_event, read_event
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from datetime import date

    from cbrn_producers.files import FileEvent
    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.decision import Facets
    from cbrn_routing.explain import Explanation
    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.decision_record import DecisionRecord
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.settings import Settings


class Subject(NamedTuple):
    """What is to be explained."""

    name: str
    """The event's id; its situation or station where it has none."""
    key: str
    kind: str
    facets: Facets
    on: date
    """By the bodies and laws of this day,"""
    also: date | None
    """and, where that is in the past, by the laws of this one."""
    record: DecisionRecord | None = None
    event: AnyEvent | None = None
    place: Located | None = None
    others: int = 0
    """Older decisions of the same situation on the bus."""
    further: tuple[Facets, ...] = ()
    """The facets of its other places and hazards."""


def is_decision(content: bytes) -> bool:
    """Tell whether a file holds a decision record, not an event."""
    try:
        members = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(members, dict) and {"recipients", "facets"} <= members.keys()


def one_event(content: bytes, file: str = "-") -> tuple[FileEvent, AnyEvent]:
    """Read the only event of a file.

    Raises:
        InvalidEventError: the bus would not take it.
    """
    found = list(read_events(file, content))
    if len(found) != 1:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="value",
            message=f"the file holds {len(found)} events",
            hint="Give one event, or one decision record.",
        )
    one = found[0]
    if isinstance(one, Refusal):
        error = one.error
        raise InvalidEventError(
            Reason.NOT_JSON, where="value", message=getattr(error, "message", str(error)), hint=error.hint
        )
    return one, parse_event(one.data)


def of_event(one: FileEvent, event: AnyEvent, book: RuleBook) -> Subject:
    """Return an event, decided now by `book`."""
    return decided_by(book, event, one.id or key_of(event), datetime.now(UTC))


def decided_by(book: RuleBook, event: AnyEvent, name: str, at: datetime) -> Subject:
    """Decide an event by a book as at a moment; pure."""
    routed = Engine(Eras(book), Gazetteer()).route(event, at)
    as_of, today = routed.decision.as_of, local_day(at)
    return Subject(
        name,
        key_of(event),
        event.kind,
        routed.decision.facets,
        today if as_of is None else local_day(event.observed),
        None if as_of is None else today,
        event=event,
        place=routed.place,
        further=routed.decision.cells[1:],
    )


def of_record(record: DecisionRecord, data: bytes | None, others: int) -> Subject:
    """Read a decision of the bus, with the event where it is still there and can be read."""
    subject = Subject(record.id, record.key, record.kind, cell_of(record), *days_of(record), record, others=others)
    subject = subject._replace(further=further_cells_of(record))
    if data is not None:
        with suppress(InvalidEventError):  # the facets say enough; the event would only say from which field they came
            event = read_event(data)
            return subject._replace(event=event, place=Gazetteer().locate(event.where))
    return subject


def explained(book: RuleBook, subject: Subject) -> tuple[Explainer, Explanation]:
    """Explain a decision of `book`, and return who can say more."""
    explainer = Explainer.on(Eras(book), subject.on, subject.also)
    record = subject.record
    explanation = explainer.explain(
        subject.facets,
        further=subject.further,
        today=subject.also,
        earlier=() if record is None else record.earlier,
    )
    if record is not None:
        explanation = replace(explanation, differs=tuple(differences(record, explanation.decision)))
    if subject.event is not None and subject.place is not None:
        explanation = replace(explanation, origins=origins_of(subject.event, subject.place, subject.facets))
    return explainer, explanation


def needle_of(wanted: str) -> bytes:
    """Return what a decision's bytes hold if it has this id or key: the router writes it in JSON's escapes."""
    return json.dumps(wanted)[1:-1].encode()


async def decided_on_the_bus(wanted: str, settings: Settings) -> tuple[DecisionRecord, bytes | None, int]:
    """Find the newest decision on an event or situation, its event's bytes if still there, and the number of others."""
    wanted = unicodedata.normalize("NFC", wanted)  # as the router keeps ids
    needle = needle_of(wanted)
    found: list[DecisionRecord] = []
    async with aclosing(existing(settings, bus_topic(settings.realm, "decisions"))) as decisions:
        async for one in decisions:
            if one.value is None or needle not in one.value:
                continue
            try:
                record = read_decision(one.value)
            except DecisionRecordError:
                continue  # not of this version; if it is the one that is sought, it is said to be missing
            if wanted in {record.id, record.key}:
                found.append(record)
    if not found:
        raise HistoryError(
            f"no decision on an event or situation called {wanted} on {settings.bootstrap_servers} ({settings.realm})",
            hint="Check the id, the realm and how long the topic bus.decisions keeps records.",
        )
    newest = max(found, key=lambda record: record.decided)
    return newest, await _event_of(newest, settings), len(found) - 1


async def _event_of(decision: DecisionRecord, settings: Settings) -> bytes | None:
    """Read the bytes of the event of a decision; None where they are gone."""
    at = TopicPartition(decision.topic, decision.partition)
    if at not in (await there(settings, [at.topic])).get(at.topic, ()):
        return None
    async with assigned(settings, starts={at: decision.offset}) as (consumer, partitions):
        end = min(decision.offset + 1, (await ends_of(consumer, partitions, settings))[at])
        async with aclosing(catch_up(consumer, partitions, settings, {at: end})) as batches:
            async for records in batches:
                for one in records:
                    if one.offset == decision.offset:
                        return _data(one)
    return None


def _data(record: Bytes) -> bytes | None:
    """Take the event's own bytes out of whatever CloudEvents form it came in."""
    try:
        return read_envelope(record.headers, record.value).data
    except InvalidEventError:
        return None

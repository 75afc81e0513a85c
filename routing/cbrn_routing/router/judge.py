"""One record at a time: read, trust, count once, decide, and lay out what is written. No I/O: the shard gives records,
state and the time, and takes the filled outbox. A record that fails costs its neighbours nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring_ascii as json_string  # type: ignore[attr-defined] # C function, untyped
from typing import Any, Protocol

from cbrn_routing.decision import Decision, Role
from cbrn_routing.router.plan import Plan, plan_delivery
from cbrn_routing.router.state import ShardState, Situation, content_digest, id_digest
from cbrn_schemas.bodies import bodies
from cbrn_schemas.envelope import Envelope, Header, read_envelope
from cbrn_schemas.errors import Doubt, InvalidEventError, Reason
from cbrn_schemas.events import Event, Incident, ce_type, key_of, parse_event
from cbrn_schemas.events.base import CLOCK_TOLERANCE
from cbrn_schemas.records import (
    ACKNOWLEDGE_BY,
    alarm_record,
    quarantine_headers,
    quarantine_id,
    rfc3339,
)
from cbrn_schemas.topics import Lane, Realm, bus_topic, parse_from_topic, to_topic

LATE_TOLERANCE = timedelta(hours=24)
"""A report older than this is routed with a warning that it comes late."""
PLANS_MAX = 10_000
"""Delivery plans kept: about 2 kB each, 20 MB at the most."""
CRISIS_CENTRE = "mes"
"""Told at once of an incident that nobody can read (the ministry that runs the crisis management centre)."""


class Record(Protocol):
    """What is needed of a consumed record (aiokafka's ConsumerRecord has it)."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


class Sink(Protocol):
    """Where records go (an `Outbox`)."""

    def append(
        self, topic: str, timestamp: int, key: bytes | None, value: bytes | None, headers: list[Header]
    ) -> None: ...


class RouteEngine(Protocol):
    """What decides (`cbrn_routing.decide.Engine`)."""

    def route(self, event: Any) -> Any:
        """Decision, place and doubts of an event."""


class Narrator(Protocol):
    """Told of judgements as they are made; it must be quick and must not raise."""

    every: bool
    """Whether it wants to hear of routine too: events routed without a doubt, duplicates."""

    def routed(self, record: Record, event: Event, routed: Any, doubts: tuple[Doubt, ...], earlier: list[str]) -> None:
        """An event was routed; `earlier` are bodies told only because they got the original."""

    def duplicate(self, record: Record, envelope: Envelope) -> None:
        """An event had been counted before and was left out."""

    def quarantined(self, record: Record, identifier: str, body: str, error: InvalidEventError) -> None:
        """A record was set aside."""


@dataclass(slots=True)
class Tally:
    """What happened to the records of one batch."""

    counts: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)


class Judge:
    """Judges the records of one lane and realm. Stateless but for caches; the shard's state is passed in."""

    def __init__(self, realm: Realm, lane: Lane, engine: RouteEngine, narrator: Narrator) -> None:
        self._realm = realm
        self._lane = lane
        self._engine = engine
        self._narrator = narrator
        self._narrate_all = narrator.every
        self._decisions = bus_topic(realm, "decisions")
        self._quarantine = bus_topic(realm, "quarantine")
        self._outbound = bus_topic(realm, "outbound")
        self._publishers: dict[str, str] = {}
        # Keyed by the decision's identity: the matcher interns decisions, and hashing one would cost more than routing.
        # Each value holds its decision, so that an identity is never reused while it is a key.
        self._plans: dict[tuple[int, str, tuple[Doubt, ...]], Plan] = {}
        self._reached: dict[int, tuple[Decision, dict[str, int]]] = {}
        self._exercise = realm is Realm.EXERCISE

    def judge(self, records: list[Record], state: ShardState, sink: Sink, now: datetime, tally: Tally) -> None:
        """Judge records of one topic in their order."""
        timestamp = int(now.timestamp() * 1000)
        at = rfc3339(now)
        deadlines: dict[int, Header] = {}
        for record in records:
            own: list[Header] = list(record.headers)
            try:
                envelope = read_envelope(own, record.value)
                self._judge_one(record, envelope, state, sink, now, timestamp, at, deadlines, tally)
            except InvalidEventError as error:
                self._set_aside(record, own, error, sink, timestamp, at, tally)
            state.offsets[record.topic] = record.offset + 1

    def _judge_one(
        self,
        record: Record,
        envelope: Envelope,
        state: ShardState,
        sink: Sink,
        now: datetime,
        timestamp: int,
        at: str,
        deadlines: dict[int, Header],
        tally: Tally,
    ) -> None:
        body = self._publisher(record.topic)
        if envelope.source != f"/{body}" and envelope.body != body:
            raise self._foreign(envelope.body, body, "header:ce_source")
        identifier = id_digest(envelope.source, envelope.id)
        content = content_digest(envelope.data)
        seen = state.ids.get(identifier)
        if seen is not None:
            if seen == content:
                tally.counts["duplicate"] += 1
                if self._narrate_all:
                    self._narrator.duplicate(record, envelope)
                return
            raise InvalidEventError(
                Reason.ID_REUSED,
                where="header:ce_id",
                message=f"id {envelope.id} of {envelope.source} was already used with other content",
                hint="Give the changed event a new id; if it corrects the first, send it as message_type Update.",
            )
        event = parse_event(envelope.data)
        self._check(envelope, event, body)
        routed = self._engine.route(event)
        decision: Decision = routed.decision
        key = key_of(event).encode()
        doubts = self._doubts(routed.doubts, envelope, event, record.key, key, now)
        earlier: dict[str, int] = {}
        if isinstance(event, Incident):
            earlier, more = _follow(event, self._reaches(decision), state)
            doubts += more
        state.see(identifier, content)
        plan = self._plan(decision, routed.place, doubts)
        deadline = self._deadline(decision.acknowledge_within_s, now, deadlines)
        self._deliver(plan, earlier, envelope, key, deadline, sink, timestamp)
        sink.append(
            self._decisions,
            timestamp,
            key,
            (
                f'{{"id":{json_string(envelope.id)},"source":{json_string(envelope.source)},"kind":"{event.kind}",'
                f'"key":{json_string(key.decode())},"topic":"{record.topic}","partition":{record.partition},'
                f'"offset":{record.offset},"decided":"{at}","earlier":[{",".join(map(json_string, earlier))}],{plan.record}'
            ).encode(),
            [],
        )
        tally.counts["routed"] += 1
        if doubts:
            tally.doubts.update(doubts)
        if doubts or self._narrate_all:
            self._narrator.routed(record, event, routed, doubts, list(earlier))

    def _deliver(
        self,
        plan: Plan,
        earlier: dict[str, int],
        envelope: Envelope,
        key: bytes,
        deadline: list[Header],
        sink: Sink,
        timestamp: int,
    ) -> None:
        data, own = envelope.data, envelope.headers
        append = sink.append
        for topic, headers in plan.deliveries:
            append(topic, timestamp, key, data, own + headers + deadline)
        for headers in plan.partners:
            append(self._outbound, timestamp, key, data, own + headers)
        for body in earlier:
            topic = to_topic(self._realm, body, self._lane.delivery)
            append(topic, timestamp, key, data, own + plan.earlier)

    def _publisher(self, topic: str) -> str:
        body = self._publishers.get(topic)
        if body is None:
            ingress = parse_from_topic(topic)
            assert ingress is not None, f"{topic} is not an ingress topic"
            body = self._publishers[topic] = ingress.body
        return body

    def _check(self, envelope: Envelope, event: Event, body: str) -> None:
        """What the headers say against what the data say against what the broker let through."""
        if event.body != body:
            raise self._foreign(event.body, body, "body")
        if envelope.type != ce_type(event.kind):
            raise InvalidEventError(
                Reason.HEADERS_CONTRADICT,
                where="header:ce_type",
                message=f"the header says {envelope.type[:80]}, the data say {event.kind}",
                hint=f"Set ce_type to {ce_type(event.kind)}, or correct the data's kind.",
            )
        if isinstance(event, Incident) is not (self._lane is Lane.INCIDENTS):
            raise InvalidEventError(
                Reason.WRONG_LANE,
                where="kind",
                message=f"{event.kind} does not belong into the lane of {self._lane}",
                hint="Publish incidents into <realm>.from.<body>.incidents, readings into <realm>.from.<body>.monitoring.",
            )
        if (event.status == "Exercise") is not self._exercise and event.status != "Test":
            raise InvalidEventError(
                Reason.WRONG_REALM,
                where="status",
                message=f"status {event.status} in the realm {self._realm}",
                hint="Exercise events go to cbrn-exercise.*, real ones to cbrn.*; publish it in the other realm.",
            )

    def _foreign(self, claimed: str, body: str, where: str) -> InvalidEventError:
        if claimed not in bodies():
            return InvalidEventError(
                Reason.UNKNOWN_BODY,
                where=where,
                message=f"no body has the code «{claimed[:40]}»",
                hint=f"Use the code of the catalogue; this topic belongs to {body}.",
            )
        return InvalidEventError(
            Reason.FOREIGN_SOURCE,
            where=where,
            message=f"claims to come from {claimed}, but was published by {body}",
            hint=f"Only {body} can publish here; {claimed} must publish under its own name.",
        )

    def _doubts(
        self,
        found: tuple[Doubt, ...],
        envelope: Envelope,
        event: Event,
        record_key: bytes | None,
        key: bytes,
        now: datetime,
    ) -> tuple[Doubt, ...]:
        latest = event.reported if event.reported >= event.observed else event.observed
        if latest > now + CLOCK_TOLERANCE:
            found += (Doubt.CLOCK_AHEAD,)
        elif now - event.reported > LATE_TOLERANCE:
            found += (Doubt.REPORTED_LATE,)
        if record_key != key:
            found += (Doubt.KEY_DIFFERS,)
        if envelope.stripped:
            found += (Doubt.RESERVED_HEADER,)
        return found

    def _plan(self, decision: Decision, place: Any, doubts: tuple[Doubt, ...]) -> Plan:
        label = place.district or place.region or place.country or ""
        plan = self._plans.get((id(decision), label, doubts))
        if plan is None:
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            plan = plan_delivery(self._realm, self._lane, decision, label, doubts)
            self._plans[(id(decision), label, doubts)] = plan
        return plan

    def _reaches(self, decision: Decision) -> dict[str, int]:
        """Bodies and roles of a decision. Shared between situations: never changed in place."""
        entry = self._reached.get(id(decision))
        if entry is None:
            if len(self._reached) >= PLANS_MAX:
                self._reached.clear()
            entry = decision, {recipient.body: int(recipient.role) for recipient in decision.recipients}
            self._reached[id(decision)] = entry
        return entry[1]

    @staticmethod
    def _deadline(within_s: int | None, now: datetime, known: dict[int, Header]) -> list[Header]:
        if within_s is None:
            return []
        header = known.get(within_s)
        if header is None:
            header = known[within_s] = (ACKNOWLEDGE_BY, rfc3339(now + timedelta(seconds=within_s)).encode())
        return [header]

    def _set_aside(
        self,
        record: Record,
        own: list[Header],
        error: InvalidEventError,
        sink: Sink,
        timestamp: int,
        at: str,
        tally: Tally,
    ) -> None:
        """Into quarantine with its bytes, the field, the reason and the remedy. An incident is itself an alarm."""
        origin = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        identifier = quarantine_id(**origin)
        headers = quarantine_headers(own, error, key=record.key, at=at, **origin)
        sink.append(self._quarantine, timestamp, identifier.encode(), record.value, headers)
        tally.counts["quarantined"] += 1
        body = self._publisher(record.topic)
        if self._lane is Lane.INCIDENTS:
            own_headers, value = alarm_record(error, identifier=identifier, body=body, at=at)
            for recipient, role in {body: Role.SUPPORT, CRISIS_CENTRE: Role.LEAD}.items():
                topic = to_topic(self._realm, recipient, "alerts")
                sink.append(
                    topic, timestamp, identifier.encode(), value, [*own_headers, ("cbrn_role", role.code.encode())]
                )
        self._narrator.quarantined(record, identifier, body, error)


def _follow(event: Incident, reached: dict[str, int], state: ShardState) -> tuple[dict[str, int], tuple[Doubt, ...]]:
    """Keep the situation's memory. Returns the earlier recipients whom the rules do not name now, and doubts."""
    known = state.situations.get(event.situation)
    doubts: tuple[Doubt, ...] = ()
    correction = event.message_type != "Alert"
    if known is None:
        doubts = (Doubt.UNKNOWN_SITUATION,) if correction else ()
    elif known.cancelled:
        doubts = (Doubt.CANCELLED_SITUATION,)
    earlier: dict[str, int] = {}
    if known is not None:
        if correction:
            earlier = {body: role for body, role in known.recipients.items() if body not in reached}
        reached = known.recipients | reached
    cancelled = event.message_type == "Cancel" or (known is not None and known.cancelled)
    state.keep(event.situation, Situation(reached, cancelled))
    return earlier, doubts


def utc_now() -> datetime:
    """The router's clock; tests pass their own."""
    return datetime.now(UTC)

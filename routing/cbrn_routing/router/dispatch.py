"""One record at a time: read, trust, count once, decide, and lay out what is written.

No I/O: the shard gives records, state and the time, and takes the filled outbox. A record that fails costs its
neighbours nothing.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

import structlog

from cbrn_routing.decision import CRISIS_CENTRE, PARTNER_ROLE, Role
from cbrn_routing.decision_record import decision_value
from cbrn_routing.router.batch import Batch
from cbrn_routing.router.checks import id_reused, internal, not_ours
from cbrn_routing.router.duty_records import DutyRecords
from cbrn_routing.router.inspecting import Inspected
from cbrn_routing.router.log import RoutingLog
from cbrn_routing.router.recipients import Recipients, follow
from cbrn_routing.router.refusals import Telling
from cbrn_routing.router.signed import UNSIGNED, Mark, marked
from cbrn_routing.router.state import content_digest, id_digest
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.shards.encoding import Block
from cbrn_routing.shards.placement import Misplaced, original, passed_on_headers
from cbrn_routing.signatures.jws import unsigned
from cbrn_schemas.catalogue.bodies import is_abroad
from cbrn_schemas.claims import check_claims, check_source
from cbrn_schemas.envelope import Envelope, Header, read_envelope
from cbrn_schemas.errors import Doubt, InvalidEventError
from cbrn_schemas.events import key_of, parse_quickly
from cbrn_schemas.records import PARTNER, ROLE, alarm_of_more, alarm_record, quarantine_headers, quarantine_id
from cbrn_schemas.topics import Lane, Realm, bus_topic, misplaced_topic, parse_from_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.decide import Engine, Routed
    from cbrn_routing.decision import Decision
    from cbrn_routing.router.batch import Sink, Tally
    from cbrn_routing.router.delivery import Plan
    from cbrn_routing.router.state import ShardState
    from cbrn_routing.shards import Name
    from cbrn_routing.shards.placement import Placement
    from cbrn_routing.signatures.policy import SignaturePolicy
    from cbrn_routing.signatures.verdict import Verdict
    from cbrn_schemas.events import AnyEvent, AnyIncident
    from cbrn_schemas.events.base import Language

    _Told = tuple[Routed, tuple[Doubt, ...], list[str]]
    """What the log is told of an event: decision, doubts, and who is told only because of the original."""

log = structlog.get_logger(__name__)

NO_ERRORS: Final[Mapping[Name, InvalidEventError]] = MappingProxyType({})


class Dispatcher:
    """A dispatcher of the records of one lane and realm. Stateless but for caches; the shard's state is passed in."""

    def __init__(
        self,
        realm: Realm,
        lane: Lane,
        engine: Engine,
        lang: Language = "en",
        signatures: SignaturePolicy | None = None,
    ) -> None:
        """Take the policy of signatures; without one they are not looked at."""
        self._signatures = signatures
        self._must_sign = signatures is not None and signatures.demands
        self._realm = realm
        self._lane = lane
        self._engine = engine
        self._log = RoutingLog(lang)
        self._log_routine = self._log.routine
        self._decisions = bus_topic(realm, "decisions")
        self._quarantine = bus_topic(realm, "quarantine")
        self._outbound = bus_topic(realm, "outbound")
        self._duties = bus_topic(realm, "duties")
        self._misplaced = misplaced_topic(realm, lane)
        self._publishers = {self._misplaced: CRISIS_CENTRE}
        """Body of each ingress topic; of what somebody else wrote on the bus's own, the crisis centre hears."""
        self._recipients = Recipients(realm, lane)
        self._duty_records = DutyRecords()
        self._partners: dict[str, Block] = {}

    def dispatch(  # noqa: PLR0917 - all of it is the batch
        self,
        records: Iterable[Record],
        state: ShardState,
        sink: Sink,
        now: datetime,
        tally: Tally,
        placement: Placement | None = None,
        unwritable: Mapping[Name, InvalidEventError] = NO_ERRORS,
    ) -> None:
        """Dispatch records of one shard in their order.

        What belongs to another shard of the `placement` is passed on to it; without one, everything is dispatched here.
        Records that are `unwritable` (by topic, partition and offset) go into quarantine for the error given.
        """
        self._recipients.begin(local_day(now))
        batch = Batch(state, sink, now, tally, placement)
        misplaced = self._misplaced
        for arrived in records:
            record = self._unwrapped(arrived) if arrived.topic == misplaced else arrived
            own: Sequence[Header] = record.headers
            verdict = arrived.verdict if type(arrived) is Inspected else None
            try:
                if unwritable:
                    _check_writable(arrived, unwritable)
                self._dispatch(record, own, batch, verdict)
            except InvalidEventError as error:
                self._set_aside(record, own, error, batch)
            except Exception as error:  # noqa: BLE001 - one record must not stop a lane; a person will look at it
                self._set_aside(record, own, internal(error), batch)
        self._tell(self._log.end)

    def _unwrapped(self, record: Record) -> Record:
        """Read what another shard passed on, as its publisher wrote it; the record itself where that cannot be said."""
        try:
            return original(record)
        except ValueError:
            return record  # set aside: it would count as the word of a body that has not said it

    def use(self, engine: Engine) -> None:
        """Decide by another rule book from the next record on. Call it between two batches, not within one."""
        self._engine = engine
        self._recipients.forget()  # they are of the former book: its decisions would be kept alive for nothing
        self._duty_records.forget()
        self._log.forget()

    def _dispatch(self, record: Record, own: Sequence[Header], batch: Batch, verdict: Verdict | None) -> None:
        state = batch.state
        if record.topic == self._misplaced:
            raise not_ours(record)
        envelope = read_envelope(own if verdict is None else unsigned(own), record.value)
        body = self._publisher(record.topic)
        check_source(envelope, body)
        identifier = id_digest(envelope.source, envelope.id)
        content = content_digest(envelope.data)
        seen = state.ids.get(identifier)
        if seen is not None:
            if seen != content:
                raise id_reused(envelope)
            batch.tally.counts["duplicate"] += 1
            if self._log_routine:
                self._log.duplicate(record, envelope)
            return
        event = parse_quickly(envelope.data)
        check_claims(envelope, event, body, self._lane, self._realm)
        mark = UNSIGNED
        if (verdict is not None or self._must_sign) and self._signatures is not None:
            mark = marked(self._signatures.asked(body, event.kind), envelope, verdict)
        key = key_of(event).encode()
        placement = batch.placement
        if placement is not None and (shard := placement.shard_of(key)) != placement.number:
            self._pass_on(record, key, shard, batch)
            return
        told = self._route(event, record, key, envelope, mark, batch)
        state.see(identifier, content)
        if told is not None:
            self._tell(self._log.routed, record, event, *told)

    def _tell(self, say: Callable[..., None], *what: Any) -> None:
        try:
            say(*what)
        except Exception:  # what is written is written; a line of the log is not worth an alarm
            of = [f"{record.topic}/{record.partition}/{record.offset}" for record in what[:1]]
            log.exception("could not be told to the log", offset=of)

    def _route(  # noqa: PLR0917 - all of it is the event
        self, event: AnyEvent, record: Record, key: bytes, envelope: Envelope, mark: Mark, batch: Batch
    ) -> _Told | None:
        """Decide, and lay out what is written. Returns what the log is to be told, if anything."""
        routed = self._engine.route(event, batch.now)
        decision: Decision = routed.decision
        # Laid out before anything is remembered: what can fail has then not left half a trace.
        headers = [*envelope.headers, *mark.headers] if mark.headers else envelope.headers
        body_of_event = batch.sink.encode(key, envelope.data, headers)
        doubts: tuple[Doubt, ...] = routed.doubts + _doubts(record, key, envelope)
        if mark.doubtful:
            doubts += (Doubt.SIGNATURE_UNCONFIRMED,)
        earlier: dict[str, int] = {}
        owed: list[Any] = []
        if self._lane is Lane.INCIDENTS:  # so has `check_claims` found; to ask the event for its class costs more
            incident = cast("AnyIncident", event)
            owed = self._owed(incident, routed, envelope, batch)
            reached = self._recipients.reached(decision)
            earlier, more = follow(incident, reached, decision, batch.state, self._recipients.inside)
            if earlier:
                earlier = self._recipients.passed_on(earlier, reached)
            doubts += more
        place = routed.place
        plan = self._recipients.plan(decision, place.district or place.region or place.country or "", doubts)
        self._deliver(plan, earlier, body_of_event, batch)
        for record_of_duty in owed:
            batch.sink.append(self._duties, record_of_duty)
        value = decision_value(
            envelope.id,
            envelope.source,
            event.kind,
            key,
            record.topic,
            record.partition,
            record.offset,
            batch.at,
            earlier,
            plan.record,
            mark.kid,
        )
        batch.sink.append(self._decisions, batch.sink.encode(key, value, []))
        batch.tally.counts["routed"] += 1
        if doubts:
            counted = batch.tally.doubts
            for doubt in doubts:  # `update` asks first what it is given, which costs more than counting
                counted[doubt] += 1
        if doubts or self._log_routine:
            return routed, doubts, [body for body, role in earlier.items() if role]
        return None

    def _pass_on(self, record: Record, key: bytes, shard: int, batch: Batch) -> None:
        """Hand a record to the shard that remembers its situation; nothing of it is remembered here."""
        body = batch.sink.encode(key, record.value, passed_on_headers(record))
        batch.sink.append_elsewhere(self._misplaced, shard, body)
        batch.tally.counts["passed on"] += 1

    def _owed(self, event: AnyIncident, routed: Routed, envelope: Envelope, batch: Batch) -> list[Any]:
        """Make the records of the duties that the event raises, or that its situation raised and it takes back."""
        known = batch.state.situations.get(event.situation)
        earlier = () if known is None else known.duties
        if not routed.decision.duties and not earlier:
            return []
        try:
            found = self._duty_records.of(event, routed, self._engine.book, envelope, earlier, batch.now, batch.at)
        except Exception:  # a treaty's paperwork must never hold back an alert
            log.exception("duties could not be written down", id=envelope.id, duties=routed.decision.duties)
            return []
        return [batch.sink.encode(key, value, []) for key, value in found]

    def _deliver(self, plan: Plan, earlier: dict[str, int], event: Any, batch: Batch) -> None:
        append = batch.sink.append
        deadline = batch.deadline(plan.decision.acknowledge_within_s)
        for topic, headers in plan.deliveries:
            append(topic, event, headers, deadline)
        for headers in plan.partners:
            append(self._outbound, event, headers)
        for body, role in earlier.items():
            if role == PARTNER_ROLE:
                append(self._outbound, event, plan.earlier, self._partner(body))
            else:
                append(to_topic(self._realm, body, self._lane.delivery), event, plan.earlier)

    def _publisher(self, topic: str) -> str:
        body = self._publishers.get(topic)
        if body is None:
            ingress = parse_from_topic(topic)
            assert ingress is not None, f"{topic} is not an ingress topic"
            body = self._publishers[topic] = ingress.body
        return body

    def _partner(self, body: str) -> Block:
        block = self._partners.get(body)
        if block is None:
            block = self._partners[body] = Block.of([(PARTNER, body.encode())])
        return block

    def _set_aside(self, record: Record, own: Sequence[Header], error: InvalidEventError, batch: Batch) -> None:
        """Put a record into quarantine: its bytes, field, reason and remedy. An incident is itself an alarm.

        Of one body's incidents that are refused for the same reason in great number, one alarm tells for the rest.
        """
        topic, partition, offset, at = record.topic, record.partition, record.offset, batch.at
        identifier = quarantine_id(topic, partition, offset)
        headers = quarantine_headers(own, error, topic=topic, partition=partition, offset=offset, key=record.key, at=at)
        sink, key = batch.sink, identifier.encode()
        sink.append(self._quarantine, sink.encode(key, record.value, headers))
        batch.tally.counts["quarantined"] += 1
        body = self._publisher(topic)
        if self._lane is Lane.INCIDENTS:
            telling, until = batch.state.refusals.telling(body, error.reason.value, batch.now)
            if telling is Telling.NOTHING:
                batch.tally.counts["told of together"] += 1
            else:
                self._alarm(error, identifier, body, batch, None if telling is Telling.ALONE else until)
        self._log.quarantined(record, identifier, body, error)

    def _alarm(
        self, error: InvalidEventError, identifier: str, body: str, batch: Batch, none_until: datetime | None
    ) -> None:
        """Tell publisher and crisis centre of a refused record; `none_until`: also of those that are to follow.

        A publisher abroad is not told: nothing leaves that nobody has released.
        """
        sink, key = batch.sink, identifier.encode()
        if none_until is None:
            alarm, value = alarm_record(error, identifier=identifier, body=body, at=batch.at)
        else:
            alarm, value = alarm_of_more(error, identifier=identifier, body=body, at=batch.at, until=none_until)
        told_of = {CRISIS_CENTRE: Role.LEAD} if is_abroad(body) else {body: Role.SUPPORT, CRISIS_CENTRE: Role.LEAD}
        for recipient, role in told_of.items():
            told = sink.encode(key, value, [*alarm, (ROLE, role.code.encode())])
            sink.append(to_topic(self._realm, recipient, "alerts"), told)


def _check_writable(record: Record, unwritable: Mapping[Name, InvalidEventError]) -> None:
    error = unwritable.get((record.topic, record.partition, record.offset))
    if error is not None:
        raise error


def _doubts(record: Record, key: bytes, envelope: Envelope) -> tuple[Doubt, ...]:
    """Return doubts that the record raises: does it lie under another key, were headers left out?"""
    found: tuple[Doubt, ...] = ()
    if record.key != key:
        found += (Doubt.KEY_DIFFERS,)
    elif type(record) is Misplaced:
        found += (Doubt.PARTITION_DIFFERS,)
    if envelope.stripped:
        found += (Doubt.RESERVED_HEADER,)
    if envelope.left_out:
        found += (Doubt.HEADER_LEFT_OUT,)
    return found

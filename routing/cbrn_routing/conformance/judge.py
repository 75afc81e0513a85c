"""What the router makes of a record: its own dispatcher is asked, so that the answer cannot differ from the bus's.

The dispatcher is given a memory that is this judge's alone, and a sink that keeps what would be written. What a judge
has not seen it does not know: an update of a situation from before it began is an update of an unknown situation.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.conformance.findings import (
    DOUBTS,
    REMEDIES,
    Check,
    Finding,
    State,
    of_claims,
    of_envelope,
    of_event,
    of_place,
    refused,
)
from cbrn_routing.doubts import warnings_of
from cbrn_routing.router.batch import Tally
from cbrn_routing.router.dispatch import Dispatcher
from cbrn_routing.router.state import IDS_MAX, ShardState, content_digest
from cbrn_routing.shards.encoding import NOTHING
from cbrn_routing.shards.placement import Misplaced, Placement
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import Doubt, InvalidEventError, Reason
from cbrn_schemas.events import Incident
from cbrn_schemas.records import HINT, MESSAGE, REASON, ROLE, WHERE, bus_headers
from cbrn_schemas.topics import Lane, misplaced_topic, parse_from_topic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.decide import Engine
    from cbrn_routing.doubts import EventWarning
    from cbrn_routing.shards.encoding import Block
    from cbrn_schemas.envelope import Envelope, Header
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.topics import Realm


class Told(NamedTuple):
    """A body that would be told."""

    body: str
    role: str
    """`lead`, `support`, `inform`, or empty where only the situation's earlier report names it."""


class Verdict(NamedTuple):
    """What is to be said of one record."""

    topic: str
    partition: int
    offset: int
    id: str
    """Its CloudEvents id; empty where it has none."""
    kind: str
    findings: tuple[Finding, ...]
    told: tuple[Told, ...] | None
    """Who would be told of it, the lead first; None where it would be set aside, or was counted before."""

    @property
    def place(self) -> str:
        """Where the record lies."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def conformant(self) -> bool:
        """Whether nothing stands against the client that wrote it."""
        return all(each.state is not State.FAILED for each in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the verdict, plain values only."""
        given = self._asdict() | {"conformant": self.conformant}
        given["findings"] = [each._asdict() for each in self.findings]
        given["told"] = None if self.told is None else [each._asdict() for each in self.told]
        return given


class _Kept:
    """A sink that keeps what a router would write of one record."""

    def __init__(self) -> None:
        self.written: list[tuple[str, bytes | None, list[Header]]] = []
        self.elsewhere: list[tuple[int, Any]] = []

    def encode(self, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        """Encode nothing: nobody sends it."""
        return key, value, headers

    def append(self, topic: str, body: Any, first: Block = NOTHING, second: Block = NOTHING) -> None:
        """Keep a record."""
        _, value, headers = body
        self.written.append((topic, value, [*headers, *first.headers, *second.headers]))

    def append_elsewhere(self, topic: str, partition: int, body: Any) -> None:
        """Keep a record that belongs to another shard."""
        del topic
        self.elsewhere.append((partition, body))


class Judge:
    """A judge of what one body's clients send; give it the records in the order in which they lie."""

    def __init__(self, realm: Realm, engine: Engine, shards: int, lang: Language = "en") -> None:
        self._realm = realm
        self._lang = lang
        self._shards = shards
        """Partitions of each topic."""
        self._dispatchers = {lane: Dispatcher(realm, lane, engine) for lane in Lane}
        self._states: defaultdict[tuple[Lane, int], ShardState] = defaultdict(ShardState)
        self._first: dict[bytes, str] = {}
        """The id under which each content was seen first; the oldest is forgotten first."""

    def judge(self, record: Record, now: datetime) -> Verdict:
        """Report on one record as of `now`, the time at which a router would have read it."""
        ingress = parse_from_topic(record.topic)
        assert ingress is not None, f"{record.topic} is not an ingress topic"
        lane = Lane(ingress.stream)
        envelope, found = of_envelope(record)
        if envelope is not None:
            data: bytes | None = envelope.data
        else:
            data = record.value if record.value and b'"specversion"' not in record.value else None
        event, said = (None, []) if data is None else of_event(data)
        found += said
        if envelope is not None:
            found += of_claims(envelope, event, ingress.body, lane, self._realm)
        found += of_place(record, event, self._shards)
        tally, sink = Tally(), _Kept()
        self._dispatch(record, lane, now, tally, sink)
        said_of_it = () if event is None or not tally.doubts else warnings_of(event, now=now, lang=self._lang)
        found += self._of_router(sink, tally, found, said_of_it)
        if envelope is not None:
            found += self._of_memory(envelope, event, tally)
        ordered = sorted(_once(found), key=lambda each: _ORDER[each.check])
        identifier = "" if envelope is None else envelope.id
        told = self._told(sink) if tally.counts["routed"] else None
        place = record.topic, record.partition, record.offset
        return Verdict(*place, identifier, "" if event is None else event.kind, tuple(ordered), told)

    def _dispatch(self, record: Record, lane: Lane, now: datetime, tally: Tally, sink: _Kept) -> None:
        """Ask the shard in whose partition it lies, then the one to which that passes it on."""

        def ask(number: int, each: Record) -> None:
            state = self._states[lane, number]
            self._dispatchers[lane].dispatch([each], state, sink, now, tally, Placement(number, self._shards))
            state.record()  # nobody writes it down, but what is too old is forgotten

        ask(record.partition, record)
        for shard, body in sink.elsewhere:
            ask(shard, Misplaced(misplaced_topic(self._realm, lane), shard, 0, *body))

    def _of_router(
        self, sink: _Kept, tally: Tally, found: list[Finding], warnings: Sequence[EventWarning]
    ) -> Iterator[Finding]:
        """Return what the router has against the record or doubts of it, unless it was found already."""
        against = {(each.where, each.message) for each in found if each.state is State.FAILED}
        failed = {each.check for each in found if each.state is State.FAILED}
        for _, _, headers in sink.written:
            aside = bus_headers(headers)
            if REASON in aside and MESSAGE in aside and (aside[WHERE], aside[MESSAGE]) not in against:
                error = InvalidEventError(
                    Reason(aside[REASON]), where=aside[WHERE], message=aside[MESSAGE], hint=aside[HINT]
                )
                yield refused(error)
        if tally.counts["routed"]:
            yield Finding(Check.CLOCK, State.PASSED)
            yield Finding(Check.WARNINGS, State.PASSED)
        for name in tally.doubts:
            doubt = Doubt(name)
            check, state = DOUBTS.get(doubt, (Check.WARNINGS, State.WARNED))
            said = [Finding(check, state, one.message, one.where, one.hint) for one in warnings if one.doubt is doubt]
            yield from said
            if not said and check not in failed:
                yield Finding(check, state, word("doubt", doubt, self._lang), doubt, REMEDIES.get(check, ""))

    def _of_memory(self, envelope: Envelope, event: AnyEvent | None, tally: Tally) -> Iterator[Finding]:
        """Hold the record against those before it: a resent one, and one that corrects an earlier report."""
        content = content_digest(envelope.data)
        first = self._first.setdefault(content, envelope.id)
        if len(self._first) > IDS_MAX:
            del self._first[next(iter(self._first))]
        if tally.counts["duplicate"]:
            yield Finding(Check.RESEND, State.PASSED, "the same bytes under the same id: counted once")
        elif first != envelope.id:
            yield Finding(
                Check.RESEND,
                State.FAILED,
                f"the same bytes came under the id {first}: the event is counted, and told, twice",
                "header:ce_id",
                "Make the id once, when the event is made, and keep it with the event until the broker has it.",
            )
        if not isinstance(event, Incident) or event.message_type == "Alert" or not tally.counts["routed"]:
            return
        if event.references:
            if Doubt.UNKNOWN_SITUATION not in tally.doubts:
                yield Finding(Check.UPDATE, State.PASSED, f"{event.message_type} of {', '.join(event.references)}")
        else:
            said, hint = f"{event.message_type} without references", "Name the ids of the events that it corrects."
            yield Finding(Check.UPDATE, State.WARNED, said, "references", hint)

    def _told(self, sink: _Kept) -> tuple[Told, ...]:
        told: dict[str, str] = {}  # as the router lays them out, the lead first
        for topic, _, headers in sink.written:
            parts = topic.split(".")
            if parts[1] == "to":
                told.setdefault(parts[2], bus_headers(headers).get(ROLE, ""))
        return tuple(Told(*each) for each in told.items())


_ORDER: Final = {check: number for number, check in enumerate(Check)}


def _once(found: list[Finding]) -> list[Finding]:
    """Leave out what passed where something else was found under the same question."""
    against = {each.check for each in found if each.state is not State.PASSED}
    return [each for each in found if each.state is not State.PASSED or each.check not in against]

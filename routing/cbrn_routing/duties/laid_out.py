"""Duties as JSON, laid out once for each rule, decision and place: what differs from event to event is filled in.

The text is the model's own (`cbrn_schemas.duty.Duty`), gaps included: it is made from a duty, never written twice. The
router alone writes this way, since with the national book more than half of all incidents
raise duties. It gives the bytes of `duties_of`, which everybody else asks: `tests/unit/routing/duties/test_laid_out.py`
holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from pydantic_core import to_json

from cbrn_routing.duties.assess import due_of, duty_of, evidence_of
from cbrn_routing.duties.basis import facts_of
from cbrn_routing.field_traits import fields_read
from cbrn_routing.rulebook.vocabulary import ANY
from cbrn_schemas.catalogue.bodies import neighbour
from cbrn_schemas.duty import Duty
from cbrn_schemas.events.time import to_wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_routing.decide import Routed
    from cbrn_routing.rulebook import DutyRule, RuleBook
    from cbrn_schemas.catalogue.frameworks import Clock
    from cbrn_schemas.events import AnyIncident

GROUPS_MAX: Final = 1_000
"""Groups of layouts kept: about 7 kB each, 7 MB at the most."""
FACTS_MAX: Final = 4_000
"""Facts of events kept as JSON: about 2 kB each with the fields that they were read from, 8 MB at the most."""
_GAPS: Final = ("id", "started", "due", "target", "basis", "evidence")
"""What is filled in, in the model's order."""
_json: Final = msgspec.json.Encoder().encode
_NULL: Final = b"null"
_FIRST: Final = b'"1900'
_BEYOND: Final = b'"2200'
"""Years that the bus writes in UTC whatever the offset (`cbrn_schemas.events.time`), as text."""
_CARGO: Final = ("origin", "destination", "imported_from")
"""Fields that may name a state which is told for that (`assess`)."""


class _Layout(NamedTuple):
    rule: DutyRule
    clock: Clock
    name: bytes
    """`/<rule>`: what stands behind the situation in the duty's id."""
    text: tuple[bytes, ...]
    """JSON of the duty around `_GAPS`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """The layouts of all duties that a decision raises at a place; as a dictionary's key it is itself alone."""

    layouts: tuple[_Layout, ...]
    read: Callable[[AnyIncident], Any]
    """Gets the fields of the event's kind that facts are read from."""


class Evidenced:
    """What an event says of itself and of its times, each written once however many duties it raises."""

    __slots__ = ("_event", "_starts", "json")

    def __init__(self, event: AnyIncident, identity: tuple[str, str]) -> None:
        self._event = event
        self._starts: dict[str, tuple[datetime, bytes]] = {}
        identifier, source = identity
        self.json = b'{"id":%b,"source":%b,"kind":"%b","message_type":"%b","observed":%b,"reported":%b}' % (
            _json(identifier),
            _json(source),
            event.kind.encode(),
            event.message_type.encode(),
            time_json(event.observed),
            time_json(event.reported),
        )

    def times(self, clock: Clock, now: datetime) -> tuple[bytes, bytes, bytes]:
        """Return when a clock starts, when it runs out and when the bus reminds, as JSON."""
        name = clock.start_field
        if name is None:
            return _NULL, _NULL, _NULL
        start = self._starts.get(name)
        if start is None:
            moment = min(getattr(self._event, name), now).astimezone(UTC)
            start = self._starts[name] = moment, time_json(moment)
        started, text = start
        due = due_of(clock, started)
        target = _NULL if clock.target is None else time_json(started + clock.target)
        return text, _NULL if due is None else time_json(due), target


class LaidOut:
    """The duties of one rule book as they are written. Whoever decides by another book calls `forget`."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Any, ...], _Group] = {}
        self._facts: dict[tuple[_Group, Any], tuple[bytes, ...]] = {}

    def forget(self) -> None:
        """Lay out everything anew."""
        self._groups.clear()
        self._facts.clear()

    def records(  # noqa: PLR0917 - all of it is the event
        self,
        event: AnyIncident,
        routed: Routed,
        book: RuleBook,
        evidenced: Evidenced,
        now: datetime,
        before: bytes,
        behind: bytes,
    ) -> list[tuple[str, bytes, bytes]]:
        """Return rule, id and JSON of each duty that the event raises, those of `duties_of`; the JSON in its record.

        Only of one place and one hazard: the others are hardly ever the same twice.
        """
        group = self._group(event, routed, book, now)
        situation = event.situation.encode()
        found = []
        for (rule, clock, name, text), basis in zip(group.layouts, self._basis(group, event, routed), strict=True):
            identifier = situation + name
            started, due, target = evidenced.times(clock, now)
            first, second, third, fourth, fifth, sixth, last = text
            parts = (
                *(before, first, b'"', identifier, b'"', second, started, third, due, fourth, target),
                *(fifth, basis, sixth, evidenced.json, last, behind),
            )
            found.append((rule.id, identifier, b"".join(parts)))
        return found

    def _group(self, event: AnyIncident, routed: Routed, book: RuleBook, now: datetime) -> _Group:
        place, cargo = routed.place, _cargo_of(type(event))
        if cargo:
            said = [getattr(event, name) for name in cargo]
            cargo = tuple([country for country in said if isinstance(country, str) and neighbour(country)])
        where = place.district, place.region, place.country, place.neighbours, place.downstream, place.confidence
        name = (routed.decision, where, cargo)
        group = self._groups.get(name)
        if group is None:
            if len(self._groups) >= GROUPS_MAX:
                self.forget()
            group = self._groups[name] = _laid_out(event, routed, book, now)
        return group

    def _basis(self, group: _Group, event: AnyIncident, routed: Routed) -> tuple[bytes, ...]:
        """Return for each duty the facts that raised it, as JSON."""
        name = (group, group.read(event))
        facts = self._facts.get(name)
        if facts is None:
            if len(self._facts) >= FACTS_MAX:
                del self._facts[next(iter(self._facts))]
            facts = self._facts[name] = tuple(
                to_json(facts_of(layout.rule, event, routed.decision)) for layout in group.layouts
            )
        return facts


def _laid_out(event: AnyIncident, routed: Routed, book: RuleBook, now: datetime) -> _Group:
    evidence, layouts = evidence_of(event), []
    for rule in map(book.duty, routed.decision.duties):
        text = _around_gaps(duty_of(rule, event, routed, evidence, now))
        layouts.append(_Layout(rule, rule.obligation, f"/{rule.id}".encode(), text))
    cells = routed.decision.cells
    asked = {trait for layout in layouts for trait in layout.rule.asked.get("traits", ())}
    # Only traits are shown by the event's own fields: where none is asked for and there, all such events say the same.
    told = ANY in asked or any(not asked.isdisjoint(cell.traits) for cell in cells)
    fields = fields_read(type(event)) if told else ()
    return _Group(tuple(layouts), attrgetter(*fields) if fields else _nothing)


def _nothing(_event: AnyIncident) -> tuple[()]:
    return ()


@cache
def _cargo_of(kind: type[AnyIncident]) -> tuple[str, ...]:
    return tuple(name for name in _CARGO if name in kind.model_fields)


def _around_gaps(duty: Duty) -> tuple[bytes, ...]:
    """Write the duty, and return what stands around its gaps."""
    assert tuple(name for name in Duty.model_fields if name in _GAPS) == _GAPS
    parts, text = [], b"{"
    for name in Duty.model_fields:
        if name in _GAPS:
            parts.append(b'%b"%b":' % (text, name.encode()))
            text = b","
        else:
            text += duty.model_dump_json(include={name}).encode()[1:-1] + b","
    return (*parts, text[:-1] + b"}")


def time_json(moment: datetime) -> bytes:
    """Write a time as the models do (`to_wire`), in a twentieth of the time."""
    text = _json(moment.astimezone(UTC))
    return text if _FIRST <= text < _BEYOND else _json(to_wire(moment))

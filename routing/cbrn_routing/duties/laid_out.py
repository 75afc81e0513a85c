"""Duties as JSON, laid out once for each rule, decision and place: what differs from event to event is filled in.

The text is the model's own (`cbrn_schemas.duty.Duty`), gaps included: it is made from a duty, never written twice. The
router alone writes this way, since with the national book more than half of all incidents
raise duties. It gives the bytes of `duties_of`, which everybody else asks: `tests/unit/routing/duties/test_laid_out.py`
holds the two together.
"""

from __future__ import annotations

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cbrn_routing.duties.assess import CARGO, due_of, duty_of, evidence_of
from cbrn_routing.duties.basis import facts_json, seen_by
from cbrn_routing.field_traits import giving
from cbrn_schemas.catalogue.bodies import neighbour
from cbrn_schemas.duty import Duty
from cbrn_schemas.events.time import to_wire

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_routing.decide import Routed
    from cbrn_routing.field_traits import Giving
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.catalogue.frameworks import Clock
    from cbrn_schemas.events import AnyIncident

LAYOUTS_MAX: Final = 1_000
"""Decisions, each at one place, whose duties are kept laid out: about 7 kB each, 7 MB at the most."""
_GAPS: Final = ("id", "started", "due", "target", "basis", "evidence")
"""What is filled in, in the model's order."""
_json: Final = msgspec.json.Encoder().encode
_NULL: Final = b"null"
_FIRST: Final = b'"1900'
_BEYOND: Final = b'"2200'
"""Years that the bus writes in UTC whatever the offset (`cbrn_schemas.events.time`), as text."""


class _Layout(NamedTuple):
    rule: str
    name: bytes
    """`/<rule>`: what stands behind the situation in the duty's id."""
    clock: Clock
    seen: tuple[tuple[str, Any], ...]
    """Facets for which the rule asks, with what they are there."""
    basis: bytes | None
    """The facts as JSON; None where traits are among them: those are shown by the event's own fields."""
    text: tuple[bytes, ...]
    """JSON of the duty around `_GAPS`."""


class _Evidenced:
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
            _time(event.observed),
            _time(event.reported),
        )

    def times(self, clock: Clock, now: datetime) -> tuple[bytes, bytes, bytes]:
        """Return when a clock starts, when it runs out and when the bus reminds, as JSON."""
        name = clock.start_field
        if name is None:
            return _NULL, _NULL, _NULL
        start = self._starts.get(name)
        if start is None:
            moment = min(getattr(self._event, name), now).astimezone(UTC)
            start = self._starts[name] = moment, _time(moment)
        started, text = start
        due = due_of(clock, started)
        target = _NULL if clock.target is None else _time(started + clock.target)
        return text, _NULL if due is None else _time(due), target


class LaidOut:
    """The duties of one rule book as they are written. Whoever decides by another book calls `forget`."""

    def __init__(self) -> None:
        self._layouts: dict[tuple[Any, ...], tuple[_Layout, ...]] = {}
        self.forget = self._layouts.clear

    def records(  # noqa: PLR0917 - all of it is the event
        self,
        event: AnyIncident,
        routed: Routed,
        book: RuleBook,
        identity: tuple[str, str],
        now: datetime,
        before: bytes,
        behind: bytes,
    ) -> list[tuple[str, bytes, bytes]]:
        """Return rule, id and JSON of each duty that the event raises, those of `duties_of`; the JSON in its record.

        Only of one place and one hazard: the others are hardly ever the same twice.
        """
        evidenced, situation, found = _Evidenced(event, identity), event.situation.encode(), []
        given: list[Giving] | None = None
        for rule, name, clock, seen, facts, text in self._of(event, routed, book, now):
            basis = facts
            if basis is None:
                given = giving(event) if given is None else given
                basis = facts_json(seen, event, given)
            identifier = situation + name
            started, due, target = evidenced.times(clock, now)
            first, second, third, fourth, fifth, sixth, last = text
            parts = (
                *(before, first, b'"', identifier, b'"', second, started, third, due, fourth, target),
                *(fifth, basis, sixth, evidenced.json, last, behind),
            )
            found.append((rule, identifier, b"".join(parts)))
        return found

    def _of(self, event: AnyIncident, routed: Routed, book: RuleBook, now: datetime) -> tuple[_Layout, ...]:
        place, cargo = routed.place, _cargo_of(type(event))
        if cargo:
            said = [getattr(event, name) for name in cargo]
            cargo = tuple([country for country in said if isinstance(country, str) and neighbour(country)])
        where = place.district, place.region, place.country, place.neighbours, place.downstream, place.confidence
        name = (routed.decision, where, cargo)
        layouts = self._layouts.get(name)
        if layouts is None:
            if len(self._layouts) >= LAYOUTS_MAX:
                self._layouts.clear()
            layouts = self._layouts[name] = _laid_out(event, routed, book, now)
        return layouts


def _laid_out(event: AnyIncident, routed: Routed, book: RuleBook, now: datetime) -> tuple[_Layout, ...]:
    evidence, cell, layouts = evidence_of(event), routed.decision.facets, []
    for rule in map(book.duty, routed.decision.duties):
        seen = seen_by(rule, cell)
        basis = None if any(facet == "traits" for facet, _ in seen) else facts_json(seen, event, ())
        text = _around_gaps(duty_of(rule, event, routed, evidence, now))
        layouts.append(_Layout(rule.id, f"/{rule.id}".encode(), rule.obligation, seen, basis, text))
    return tuple(layouts)


@cache
def _cargo_of(kind: type[AnyIncident]) -> tuple[str, ...]:
    return tuple(name for name in CARGO if name in kind.model_fields)


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


def _time(moment: datetime) -> bytes:
    """Write a time as the models do (`to_wire`), in a twentieth of the time."""
    text = _json(moment.astimezone(UTC))
    return text if _FIRST <= text < _BEYOND else _json(to_wire(moment))

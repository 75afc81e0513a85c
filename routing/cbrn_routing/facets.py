"""From an event and its place to the facets on which a decision may depend.

Traits come from the event's own fields (`cbrn_routing.field_traits`), the least severity too (`cbrn_routing.severity`).
This runs for every event, so what an event type has to say is worked out once, and sets are shared.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from cbrn_routing.decision import Facets
from cbrn_routing.field_traits import MEMOISED, READERS, Reader, union
from cbrn_routing.severity import FLOORS, graver
from cbrn_routing.traits import EMPTY
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.naming import ELSEWHERE
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import lane_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.severity import Floor
    from cbrn_schemas.events import AnyEvent

_CLOSED: Final = {"RED": frozenset({"tlp-red"}), "AMBER+STRICT": frozenset({"tlp-amber-strict"})}
"""Marks of the Traffic Light Protocol that close an event."""


class _Shape(NamedTuple):
    """What an event type has that facets need."""

    lane: str
    readers: tuple[tuple[str, Reader], ...]
    is_incident: bool
    may_be_unknown: bool
    """Whether it may say that nobody knows yet what it is."""
    floors: tuple[tuple[str, Floor], ...]
    threatens: bool
    suspects: tuple[str, ...]
    """The fields that may hold something unconfirmed."""


def facets_of(event: AnyEvent, place: Located) -> Facets:
    """Return the facets of an event at a place, ready for `Matcher.decide`."""
    shape = _shape(type(event))
    traits = _CLOSED.get(event.tlp, EMPTY)
    for name, read in shape.readers:
        value = getattr(event, name)
        if value:
            found = read(value, event)
            if found:
                traits = union(traits, found) if traits else found
    severity: str = event.severity
    for name, floor_of in shape.floors:
        value = getattr(event, name)
        if value:
            severity = graver(severity, floor_of(value, event))
    reach, deliberate = EMPTY, None
    if shape.is_incident:
        named = event.exposed + event.near  # type: ignore[union-attr] # only incidents have them
        if event.exposed_places:  # type: ignore[union-attr]
            named += tuple(each.what for each in event.exposed_places)  # type: ignore[union-attr]
        if named:
            reach = _as_set(named)
        # A threat is an act, whoever forgot to tick the other box.
        deliberate = event.deliberate
        if deliberate is None and shape.threatens and event.threat:  # type: ignore[union-attr]
            deliberate = True
    return Facets(
        shape.lane,
        event.hazard,
        event.kind,
        severity,
        event.urgency,
        event.certainty,
        deliberate,
        event.status,
        place.region,
        country_of(place),
        EMPTY if severity == "Minor" and place.estimated else place.neighbours,
        place.downstream,
        place.border,
        reach,
        traits,
    )


def is_manifold(event: AnyEvent) -> bool:
    """Whether an event has several places or hazards, and so several cells."""
    if event.where.further_districts:
        return True
    shape = _shape(type(event))
    return shape.is_incident and bool(event.further_hazards or (shape.may_be_unknown and event.identified is False))  # type: ignore[union-attr]


def cells_of(event: AnyEvent, places: Sequence[Located]) -> Iterator[Facets]:
    """The facets of an event for each of its places with each of its hazards; its own first.

    A kind that never has a hazard (no toxic fire is radiological) stands for it as what comes of it: contamination, or
    an emergency where it is nuclear. So each cell is one that events can have, and that the proof has decided.
    """
    hazards: dict[str, str] = {event.hazard: event.kind}
    for hazard in _further_hazards(event):
        known = hazard in _hazards_of(type(event))
        hazards.setdefault(hazard, event.kind if known else _STANDS_FOR[hazard])
    for place in places:
        facets = facets_of(event, place)
        for hazard, kind in hazards.items():
            yield facets._replace(hazard=hazard, kind=kind)


_STANDS_FOR: Final = {
    "chemical": "contamination",
    "biological": "contamination",
    "radiological": "contamination",
    "nuclear": "facility-emergency",
}


def _further_hazards(event: AnyEvent) -> tuple[str, ...]:
    shape = _shape(type(event))
    if not shape.is_incident:
        return ()
    unknown = _hazards_of(type(event)) if shape.may_be_unknown and event.identified is False else ()  # type: ignore[union-attr]
    return (*event.further_hazards, *unknown)  # type: ignore[union-attr] # only incidents have it


@cache
def _hazards_of(event_type: type[AnyEvent]) -> tuple[str, ...]:
    return get_args(event_type.model_fields["hazard"].annotation)


def country_of(place: Located) -> str | None:
    """Return the country as a facet: a place abroad has one even where nobody can say which."""
    return place.country or (ELSEWHERE if Doubt.PLACE_ABROAD in place.doubts else None)


def is_unverified(event: AnyEvent) -> bool:
    """Whether the publisher says that it is a claim which nobody has verified."""
    return _shape(type(event)).is_incident and event.verified is False  # type: ignore[union-attr] # incidents alone


def is_unconfirmed(event: AnyEvent) -> bool:
    """Tell whether a substance or agent is somebody's guess, or an agent that the catalogue does not hold."""
    for name in _shape(type(event)).suspects:
        value = getattr(event, name)
        if not value:
            continue
        if name == "agent":
            if not value.confirmed or value.code not in agents():
                return True
        elif not all(substance.confirmed for substance in (value if name == "substances" else (value,))):
            return True
    return False


@cache
def _shape(event_type: type[AnyEvent]) -> _Shape:
    fields = event_type.model_fields
    return _Shape(
        lane=str(lane_of(fields["kind"].default)),
        readers=tuple((name, read) for name, read in READERS.items() if name in fields and _tells(name, event_type)),
        is_incident="exposed" in fields,
        may_be_unknown="identified" in fields,
        floors=tuple((name, floor_of) for name, floor_of in FLOORS.items() if name in fields),
        threatens="threat" in fields,
        suspects=tuple(name for name in ("substances", "substance", "agent") if name in fields),
    )


def _tells(name: str, event_type: type[AnyEvent]) -> bool:
    """Whether the field means this here: a suspected explosion has a magnitude, too, and is suspicious by its kind."""
    return name != "magnitude" or "suspicious" in event_type.model_fields


@lru_cache(maxsize=MEMOISED)
def _as_set(named: tuple[str, ...]) -> frozenset[str]:
    return frozenset(named)

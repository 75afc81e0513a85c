"""From an event and its place to the facets on which a decision may depend.

Traits come from the event's own fields (`cbrn_routing.field_traits`), the least severity too (`cbrn_routing.severity`).
This runs for every event, so what an event type has to say is worked out once, and sets are shared.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from cbrn_routing.decision import Facets
from cbrn_routing.field_traits import MEMOISED, Reader, readers_of, union
from cbrn_routing.severity import FLOORS, graver
from cbrn_routing.traits import EMPTY, RED, STRICT
from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.naming import ELSEWHERE
from cbrn_schemas.errors import Doubt
from cbrn_schemas.events import lane_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.severity import Floor
    from cbrn_schemas.events import AnyEvent

_CLOSED: Final = {"RED": frozenset({RED}), "AMBER+STRICT": frozenset({STRICT})}
"""Marks of the Traffic Light Protocol that close an event."""


class _Shape(NamedTuple):
    """What an event type has that facets need."""

    lane: str
    readers: tuple[tuple[str, Reader], ...]
    is_incident: bool
    floors: tuple[tuple[str, Floor], ...]
    threatens: bool
    identifies: bool
    suspects: tuple[str, ...]
    """The fields that may hold something unconfirmed."""


def facets_of(event: AnyEvent, place: Located) -> Facets:
    """Return the facets of an event at a place, ready for `Matcher.decide`."""
    shape = _shape(type(event))
    said: Any = event  # the shape says which fields there are
    traits = _CLOSED.get(said.tlp, EMPTY)
    for name, read in shape.readers:
        value = getattr(said, name)
        if value:
            found = read(value, event)
            if found:
                traits = union(traits, found) if traits else found
    severity: str = said.severity
    for name, floor_of in shape.floors:
        value = getattr(said, name)
        if value:
            severity = graver(severity, floor_of(value, event))
    reach, deliberate = EMPTY, said.deliberate
    if shape.is_incident:
        named = said.exposed + said.near
        if said.exposed_places:
            named += tuple(each.what for each in said.exposed_places)
        if named:
            reach = _as_set(named)
    if deliberate is None and shape.threatens and said.threat:
        deliberate = True  # A threat is an act, whoever forgot to tick the other box.
    return Facets(
        shape.lane,
        said.hazard,
        said.kind,
        severity,
        said.urgency,
        said.certainty,
        deliberate,
        said.status,
        place.region,
        country_of(place),
        EMPTY if severity == "Minor" and place.estimated else place.neighbours,
        place.downstream,
        place.border,
        reach,
        traits,
    )


def is_manifold(event: AnyEvent) -> bool:
    """Tell whether an event has several places or hazards, and so several cells."""
    shape = _shape(type(event))
    said: Any = event
    return bool(
        said.where.further_districts
        or (shape.is_incident and said.further_hazards)
        or (shape.identifies and said.identified is False)
    )


def cells_of(event: AnyEvent, places: Sequence[Located]) -> Iterator[Facets]:
    """Yield the facets of an event for each of its places with each of its hazards; its own first.

    A kind that never has a hazard (no toxic fire is radiological) stands for it as what comes of it: contamination, or
    an emergency where it is nuclear. It keeps the event's traits, so the proof need not have seen such a cell; the lead
    is that of the event's own, which it has.
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
    """Return what the event names beside its own hazard; all that its kind can have, where nobody knows yet."""
    unknown = _hazards_of(type(event)) if getattr(event, "identified", None) is False else ()
    return (*getattr(event, "further_hazards", ()), *unknown)


@cache
def _hazards_of(event_type: type[AnyEvent]) -> tuple[str, ...]:
    return get_args(event_type.model_fields["hazard"].annotation)


def country_of(place: Located) -> str | None:
    """Return the country as a facet: a place abroad has one even where nobody can say which."""
    return place.country or (ELSEWHERE if Doubt.PLACE_ABROAD in place.doubts else None)


def is_unverified(event: AnyEvent) -> bool:
    """Tell whether the publisher says that it is a claim which nobody has verified."""
    said: Any = event
    return _shape(type(event)).is_incident and said.verified is False


def unconfirmed(event: AnyEvent) -> tuple[str, ...]:
    """Name the fields with a substance or agent that is somebody's guess, or an agent that is not in the catalogue."""
    found: tuple[str, ...] = ()
    for name in _shape(type(event)).suspects:
        value = getattr(event, name)
        if not value:
            continue
        if name == "substances":
            for index, substance in enumerate(value):
                if not substance.confirmed:
                    found += (f"{name}.{index}",)
        elif not value.confirmed or (name == "agent" and value.code not in agents()):
            found += (name,)
    return found


@cache
def _shape(event_type: type[AnyEvent]) -> _Shape:
    fields = event_type.model_fields
    return _Shape(
        lane=str(lane_of(fields["kind"].default)),
        readers=readers_of(event_type),
        is_incident="exposed" in fields,
        floors=tuple((name, floor_of) for name, floor_of in FLOORS.items() if name in fields),
        threatens="threat" in fields,
        identifies="identified" in fields,
        suspects=tuple(name for name in ("substances", "substance", "agent") if name in fields),
    )


@lru_cache(maxsize=MEMOISED)
def _as_set(named: tuple[str, ...]) -> frozenset[str]:
    return frozenset(named)


_OF_EVERY_KIND: Final = (
    *("hazard", "where", "severity", "urgency", "certainty", "deliberate", "tlp"),
    *("exposed", "near", "exposed_places", "further_hazards"),
)


def deciding_fields(event_type: type[AnyEvent]) -> frozenset[str]:
    """Return the fields of a kind that decide who is told: those that facets are read from."""
    shape = _shape(event_type)
    own = {name for name, _ in (*shape.readers, *shape.floors)}
    return frozenset({*_OF_EVERY_KIND, *own})

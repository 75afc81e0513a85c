"""From a cell to an event of it: the counterexample that `cbrn route` can be given."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, get_args

from cbrn_routing.decision import Facets
from cbrn_routing.proof.errors import ImpossibleCellError
from cbrn_routing.proof.places import Jurisdiction, contradictions, jurisdictions, of_minor_events
from cbrn_routing.proof.traits import envelope, fields_for, plainest
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS, lane_of_kind
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES, Incident
from cbrn_schemas.events.base import Near

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEAR: Final = frozenset(get_args(Near))
ANY_DAY: Final = date(2026, 11, 2)
"""On which an event of a cell is observed where the caller names no day."""


def event_in(facets: Facets | Mapping[str, Any], *, on: date = ANY_DAY) -> dict[str, Any]:
    """Make a complete, valid event of the cell, as plain JSON values, observed on the day `on`.

    `facets` may leave facets out, but not `kind`: those are then as they come. The event is published by the Ministry
    of Emergency Situations and says that it is an example.

    Raises:
        ImpossibleCellError: no event can have these facets; it names the first facet that stands in the way.
    """
    asked = facets._asdict() if isinstance(facets, Facets) else dict(facets)
    kind = _kind(asked)
    event = envelope(kind, _hazard(kind, asked)) | _for_traits(kind, asked)
    event |= {
        name: _one_of(name, asked[name]) for name in ("severity", "urgency", "certainty", "status") if name in asked
    }
    if asked.get("deliberate") is not None:
        event["deliberate"] = asked["deliberate"]
    event |= _exposed(kind, asked)
    event["where"] = _where(asked)
    event["observed"] = f"{on.isoformat()}T09:00:00+06:00"
    event["reported"] = f"{on.isoformat()}T09:05:00+06:00"
    event["texts"] = {lang: {"headline": word("kind", kind, lang)} for lang in ("ky", "ru", "en")}
    return event


def _kind(asked: Mapping[str, Any]) -> str:
    kind = str(asked.get("kind"))
    if kind not in EVENT_TYPES:
        raise ImpossibleCellError("kind", f"«{kind}» is no kind of event: name one, such as chemical-spill")
    if asked.get("lane") not in {None, lane_of_kind(kind)}:
        raise ImpossibleCellError("lane", f"{kind} travels on the lane {lane_of_kind(kind)}, never on {asked['lane']}")
    return kind


def _hazard(kind: str, asked: Mapping[str, Any]) -> str:
    hazard = asked.get("hazard") or HAZARDS_OF[kind][0]
    if hazard not in HAZARDS_OF[kind]:
        raise ImpossibleCellError("hazard", f"{kind} is never {hazard}, only {' or '.join(HAZARDS_OF[kind])}")
    return str(hazard)


def _one_of(facet: str, value: Any) -> str:
    if value not in SCALARS[facet]:
        raise ImpossibleCellError(facet, f"«{value}» is none of {', '.join(SCALARS[facet])}")
    return str(value)


def _exposed(kind: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    exposed = sorted(asked.get("exposed") or ())
    if exposed and not issubclass(EVENT_TYPES[kind], Incident):
        raise ImpossibleCellError("exposed", f"{kind} is a reading: only incidents say what lies within reach")
    named = {
        "near": [each for each in exposed if each in _NEAR],
        "exposed": [each for each in exposed if each not in _NEAR],
    }
    return {name: values for name, values in named.items() if values}


def _for_traits(kind: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    return fields_for(kind, frozenset(asked["traits"] or ())) if "traits" in asked else plainest(kind)


def _where(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Find a place of the jurisdiction asked for."""
    named = {name: asked[name] for name in Jurisdiction._fields if name in asked}
    for name in ("neighbours", "downstream"):
        if name in named:
            named[name] = frozenset(named[name] or ())
    minor = asked.get("severity") == "Minor"
    left = [*(of_minor_events() if minor else {**jurisdictions(), **contradictions()}).items()]
    for name, value in named.items():
        kept = [(found, where) for found, where in left if getattr(found, name) == value]
        if not kept:
            shown = sorted(value) if isinstance(value, frozenset) else value
            raise ImpossibleCellError(name, f"no place of the catalogue has {name} {shown} with the facets before it")
        left = kept
    return dict(left[0][1])

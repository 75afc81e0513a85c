"""Which field of an event gave which facet.

Traits are not derived here a second time: the event is stripped of all that its kind adds, and given its fields back
one by one; what `facets_of` then says of it came from that field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.facets import facets_of
from cbrn_routing.field_traits import READERS
from cbrn_schemas.events.base import Incident, Monitoring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.decision import Facets
    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events import AnyEvent

SHOWN_MAX: Final = 80
"""Characters of a field's value that are shown: what it was, not all of it."""
_SHARED: Final = (Incident.model_fields.keys() | Monitoring.model_fields.keys()) - READERS.keys()
_STATED: Final = ("hazard", "kind", "severity", "urgency", "certainty", "deliberate", "status")
_PLACED: Final = ("region", "country", "neighbours", "downstream", "border")


@dataclass(frozen=True, slots=True)
class Origin:
    """A facet's value and the field of the event that gave it."""

    facet: str
    value: str
    field: str
    """Dotted, with the element of a list: `substances[1]`, `where`."""
    given: str
    """What stands in the field, cut to `SHOWN_MAX`; for a place how it was found."""

    def as_json(self) -> dict[str, str]:
        """Return plain values only."""
        return {"facet": self.facet, "value": self.value, "field": self.field, "given": self.given}


def origins_of(event: AnyEvent, place: Located, facets: Facets) -> tuple[Origin, ...]:
    """Find where the facets came from that say something."""
    stated = [Origin(name, str(getattr(facets, name)), name, _shown(getattr(event, name))) for name in _STATED]
    exposed = [Origin("exposed", value, "exposed", value) for value in sorted(facets.exposed)]
    return (*stated, *_placed(place, facets), *exposed, *_traits(event, place, facets))


def _placed(place: Located, facets: Facets) -> Iterator[Origin]:
    for name in _PLACED:
        value = getattr(facets, name)
        for one in sorted(value) if isinstance(value, frozenset) else [value]:
            if one is not None:
                yield Origin(name, str(one), "where", place.method)


def _traits(event: AnyEvent, place: Located, facets: Facets) -> Iterator[Origin]:
    own = {name: getattr(event, name) for name in type(event).model_fields if name not in _SHARED}
    given = {name: value for name, value in own.items() if value}
    bare = event.model_copy(update=dict.fromkeys(given))

    def alone(name: str, value: Any) -> frozenset[str]:
        return facets_of(bare.model_copy(update={name: value}), place).traits & facets.traits

    for name, value in given.items():
        whole = alone(name, value)
        for trait in sorted(whole):
            single = [index for index, each in enumerate(_elements(value)) if trait in alone(name, (each,))]
            for index in single:
                yield Origin("traits", trait, f"{name}[{index}]", _shown(value[index]))
            if not single:
                yield Origin("traits", trait, name, _shown(value))


def _elements(value: Any) -> tuple[Any, ...]:
    """Return the elements of a field that has several; a trait may come from one of them, or only from all together."""
    return value if isinstance(value, tuple) and len(value) > 1 else ()


def _shown(value: Any) -> str:
    """Write the value in one line."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, tuple) and len(value) == 1:
        return _shown(value[0])
    text = str(value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"

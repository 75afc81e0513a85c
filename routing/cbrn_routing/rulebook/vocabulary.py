"""The closed vocabulary of `when`: for every facet the values that a rule may name.

It is derived from the event types, so that a kind that does not exist cannot be written into a rule, and finite, so
that a rule book can be proved.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, get_args

from cbrn_routing.traits import TRAITS
from cbrn_schemas.events import EVENT_TYPES, lane_of
from cbrn_schemas.events.base import Certainty, Exposed, Hazard, Near, Severity, Status, Urgency
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME: Final = "KG"
REGIONS: Final = ("KG-B", "KG-C", "KG-GB", "KG-GO", "KG-J", "KG-N", "KG-O", "KG-T", "KG-Y")
"""ISO 3166-2:KG, the seven regions and the cities of Bishkek (GB) and Osh (GO)."""
NEIGHBOURS: Final = ("CN", "KZ", "TJ", "UZ")
"""ISO 3166-1 alpha-2 of the states that share the border."""
UNKNOWN: Final = "unknown"
"""A scalar facet that nobody knows (`None`)."""
OTHER: Final = "other"
"""A country that is neither home nor a neighbour."""
ANY: Final = "any"
"""A set-valued facet with at least one element."""
NONE: Final = "none"
"""A set-valued facet without elements."""

HAZARDS_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {kind: get_args(event_type.model_fields["hazard"].annotation) for kind, event_type in EVENT_TYPES.items()}
)
"""The hazards that each kind may have."""

SCALARS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "lane": tuple(str(lane) for lane in Lane),
        "hazard": get_args(Hazard),
        "kind": tuple(EVENT_TYPES),
        "severity": get_args(Severity),
        "urgency": get_args(Urgency),
        "certainty": get_args(Certainty),
        "status": get_args(Status),
        "region": (*REGIONS, UNKNOWN),
        "country": (HOME, *NEIGHBOURS, OTHER, UNKNOWN),
    }
)
"""Facets with one value each. `deliberate` and `border` are truth values and stand apart."""

SETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "neighbours": (*NEIGHBOURS, ANY, NONE),
        "downstream": (*NEIGHBOURS, ANY, NONE),
        "exposed": (*get_args(Exposed), *get_args(Near), ANY, NONE),
        "traits": (*sorted(TRAITS), ANY, NONE),
    }
)
"""Facets with a set of values: a rule's list means «at least one of these»."""


def lane_of_kind(kind: str) -> str:
    """Name the lane in which `kind` travels."""
    return str(lane_of(kind))

"""What CAP's closed lists say of a kind of event: categories, OASIS event terms, response types (`data/kinds.csv`).

Event terms: OASIS Event Terms List v1.2, valueName `OET:v1.2`. The list has no term for most of what is found or
stopped at a border; the hazard's own stands for those.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.catalogue.tables import listed, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_schemas.events.base import Hazard

OET: Final = "OET:v1.2"
TYPE: Final = "kg.cbrn:type"
"""The `valueName` of the event code that says which kind of ours it is, as the CloudEvents type."""
PARAMETER: Final = "kg.cbrn:"
"""Before the name of a field that CAP has no element for."""
_HAZARD: Final = "{hazard}"
_TERMS: Final[Mapping[str, str]] = {
    "chemical": "OET-037",
    "biological": "OET-022",
    "radiological": "OET-154",
    "nuclear": "OET-154",
}
"""Chemical hazard, biological, radiation."""


class Coding(NamedTuple):
    """What is said of one kind."""

    categories: tuple[str, ...]
    """CBRNE first."""
    terms: tuple[str, ...]
    response_types: tuple[str, ...]

    def codes(self, hazards: Iterable[Hazard]) -> tuple[str, ...]:
        """Return the event terms, with those of the event's hazards where the kind alone does not say them."""
        by_hazard = tuple(_TERMS[hazard] for hazard in hazards)
        found = (code for term in self.terms for code in (by_hazard if term == _HAZARD else (term,)))
        return tuple(dict.fromkeys(found))


@cache
def codings() -> Mapping[str, Coding]:
    """Return what is said of each kind."""
    return MappingProxyType(
        {
            row["kind"]: Coding(listed(row["categories"]), listed(row["terms"]), listed(row["response"]))
            for row in read_table("kinds.csv", "cbrn_schemas.formats.cap")
        }
    )

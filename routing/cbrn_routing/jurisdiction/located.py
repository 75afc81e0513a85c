"""The answer to «whose business is this place?»: an immutable record, shared between all events of one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cbrn_schemas.errors import Doubt

Confidence = Literal["high", "medium", "low"]
Method = Literal[
    "code",
    "site",
    "crossing",
    "city-polygon",
    "city-circle",
    "district-circle",
    "district-polygon",
    "neighbour-polygon",
    "foreign-circle",
    "nearest-district",
    "region-polygon",
    "outside",
    "unknown",
]
"""What decided: the publisher's own code, site or crossing, or the test of geometry that answered first. `outside`: in
no polygon at all, so abroad; `unknown`: nothing given could be resolved."""


@dataclass(frozen=True, slots=True)
class Located:
    """The jurisdiction of a place. Countries are ISO 3166-1 alpha-2 in capitals."""

    district: str | None
    """SOATE code as text, 8 digits; 5 for Bishkek (`41711`) and Osh (`41721`), which have no districts around them. For
    Kant and Kara-Balta, whose new codes are not published, that of the district around them."""
    city: str | None
    """Slug of the city, one of 16, such as `mailuu-suu`."""
    region: str | None
    """ISO 3166-2, `KG-J`."""
    country: str | None
    """None where it cannot be said."""
    neighbours: frozenset[str]
    """Countries within 15 km; for a place abroad, its own too. For a bare district code, those that it borders."""
    downstream: frozenset[str]
    """Countries that its water reaches."""
    border: bool
    """At a border crossing."""
    facility: str | None
    """Id of the hazard site given, or of one that lies where the point is."""
    operator: str | None
    """Code of the body that runs the facility, or the name of whoever else does."""
    confidence: Confidence
    method: Method
    doubts: tuple[Doubt, ...]
    facility_km: float | None = None
    """From the point to the facility's position, which is itself known to `Facility.accuracy_km` only; None without
    point, facility or position."""
    estimated: bool = False
    """The neighbours are those that a whole district borders: nobody said where in it the place lies."""
    facility_surveyed: bool | None = None
    """False where the facility's position is an estimate, and must be shown as one; None without a facility."""

    def as_json(self) -> dict[str, Any]:
        """Return plain values with sorted lists; `country` is None where it cannot be said."""
        return {
            "district": self.district,
            "region": self.region,
            "country": self.country,
            "neighbours": sorted(self.neighbours),
            "downstream": sorted(self.downstream),
            "confidence": self.confidence,
            "city": self.city,
            "border": self.border,
            "facility": self.facility,
            "operator": self.operator,
            "facility_km": self.facility_km,
            "facility_surveyed": self.facility_surveyed,
            "method": self.method,
            "estimated": self.estimated,
            "doubts": [str(doubt) for doubt in self.doubts],
        }

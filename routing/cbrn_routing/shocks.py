"""Which shocks may have hurt a tailings pond: by magnitude and distance.

Ak-Tyuz failed after a shock in 1964, and the same was reported of Mailuu-Suu in 1958. The table is the bus's own
proposal, wide on purpose: an inspection too many costs a drive.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from cbrn_routing.jurisdiction.claims import REGION_DIGITS, Position, claim, site_position
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue.places import districts, facilities

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Where

REACH_KM: Final = ((8.0, 1000.0), (7.0, 200.0), (6.0, 100.0), (5.5, 60.0), (5.0, 30.0), (4.5, 15.0))
"""From this magnitude on, tailings within so many kilometres are looked at."""
PONDS: Final = ("tailings", "dump", "gold")
"""What a facility's kind says where a pond or a dump lies there. Every gold mill has a pond, whatever its kind says."""


def shakes_tailings(magnitude: float, scale: str, where: Where) -> bool:
    """Tell whether tailings of the catalogue lie within reach of a shock; False where nobody says where it was.

    Energy classes K are turned into magnitudes by Rautian's K = 4 + 1.8 M.
    """
    strength = (magnitude - 4) / 1.8 if scale == "K" else magnitude
    reach = next((km for least, km in REACH_KM if strength >= least), 0.0)
    if not reach:
        return False
    point = where.point
    at = None if point is None else (round(point.lat, 2), round(point.lon, 2))
    return _near(where.site, where.district, where.crossing, at, reach)


@lru_cache(maxsize=1024)
def _near(
    site: str | None, district: str | None, crossing: str | None, point: tuple[float, float] | None, reach_km: float
) -> bool:
    at = _said(site, district, crossing) if point is None else Position(*to_plane(*point), 0.0)
    return at is not None and any(at.distance_km(pond) <= reach_km + pond.accuracy_km for pond in _ponds())


@cache
def _ponds() -> tuple[Position, ...]:
    ponds = (each for each in facilities().values() if any(word in each.kind for word in PONDS))
    return tuple(position for position in map(site_position, ponds) if position is not None)


def _said(site: str | None, district: str | None, crossing: str | None) -> Position | None:
    """Find where the codes are: a site, a crossing, a city, else the middle of the district, or of its city."""
    said = claim(site, district, crossing)
    if said.position is not None or said.unit is None:
        return said.position
    for unit in (said.unit, districts().get((said.unit.code or "")[:REGION_DIGITS])):
        if unit is not None and unit.lat is not None and unit.lon is not None:
            return Position(*to_plane(unit.lat, unit.lon), 0.0)
    return None

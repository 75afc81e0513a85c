"""Which shocks may have hurt a tailings pond: by magnitude and distance.

Ak-Tyuz failed after a shock in 1964, and the same was reported of Mailuu-Suu in 1958. The table is the bus's own
proposal, wide on purpose: an inspection too many costs a drive.
"""

from __future__ import annotations

from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.places import districts, facilities

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Where

REACH_KM: Final = ((8.0, 1000.0), (7.0, 200.0), (6.0, 100.0), (5.5, 60.0), (5.0, 30.0), (4.5, 15.0))
"""From this magnitude on, tailings within so many kilometres are looked at."""
PONDS: Final = ("tailings", "dump", "gold")
"""What a facility's kind says where a pond or a dump lies there. Every gold mill has a pond, whatever its kind says."""
_EARTH_KM: Final = 6371.0


def shakes_tailings(magnitude: float, scale: str, where: Where) -> bool:
    """Tell whether tailings of the catalogue lie within reach of a shock; False where nobody says where it was.

    Energy classes K are turned into magnitudes by Rautian's K = 4 + 1.8 M.
    """
    strength = (magnitude - 4) / 1.8 if scale == "K" else magnitude
    reach = next((km for least, km in REACH_KM if strength >= least), 0.0)
    if not reach:
        return False
    point = where.point
    return _near(
        where.site, where.district, None if point is None else (round(point.lat, 2), round(point.lon, 2)), reach
    )


@lru_cache(maxsize=1024)
def _near(site: str | None, district: str | None, point: tuple[float, float] | None, reach_km: float) -> bool:
    at = point or _position(site, district)
    return at is not None and any(
        _distance_km(at, (each.lat, each.lon)) <= reach_km + (each.accuracy_km or 0.0)
        for each in facilities().values()
        if each.lat is not None and each.lon is not None and any(word in each.kind for word in PONDS)
    )


def _position(site: str | None, district: str | None) -> tuple[float, float] | None:
    known = facilities().get(site or "") or districts().get(district or "")
    return None if known is None or known.lat is None or known.lon is None else (known.lat, known.lon)


def _distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Measure along the surface of a sphere."""
    lat, lon, lat_2, lon_2 = map(radians, (*one, *other))
    half = sin((lat_2 - lat) / 2) ** 2 + cos(lat) * cos(lat_2) * sin((lon_2 - lon) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))

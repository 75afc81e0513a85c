"""Degrees to kilometres on a plane.

The equidistant conic projection (Snyder, Map Projections, 1987, section 16) on a sphere. With standard parallels in
the country, distances are true to about 0.3 % up to 200 km beyond its borders, far less than the polygons' own error.
"""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""
_SOUTH, _NORTH = radians(39.8), radians(42.6)
"""Standard parallels, about a sixth of the country's height inside its edges."""
_MIDDLE_LON = radians(74.7)
_CONE = (cos(_SOUTH) - cos(_NORTH)) / (_NORTH - _SOUTH)
_APEX = cos(_SOUTH) / _CONE + _SOUTH


def to_plane(lat: float, lon: float) -> tuple[float, float]:
    """Project a WGS 84 point in degrees to kilometres east and north of the cone's apex; finite if the point is."""
    distance = EARTH_RADIUS_KM * (_APEX - radians(lat))
    angle = _CONE * (radians(lon) - _MIDDLE_LON)
    return distance * sin(angle), -distance * cos(angle)


def from_plane(x: float, y: float) -> tuple[float, float]:
    """Return the degrees, latitude first, of a point of the plane: what `to_plane` was given."""
    lat = degrees(_APEX - hypot(x, y) / EARTH_RADIUS_KM)
    return lat, degrees(_MIDDLE_LON + atan2(x, -y) / _CONE)

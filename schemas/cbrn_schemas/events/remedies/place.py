"""What to do about a place that is written otherwise: GeoJSON, degrees and minutes, names instead of codes.

The numbers and the code are those that were written, so that they need only be copied.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.catalogue.places import FIELDS, District, called, code_of, districts, find_place, normal_code, similar
from cbrn_schemas.events.remedies.field import is_called

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.catalogue.places import Place
    from cbrn_schemas.events.remedies.mistake import Mistake

COUNTRY_BOX: Final = (39.0, 43.5, 69.0, 80.5)
"""South, north, west, east of the Kyrgyz Republic, rounded outwards, degrees."""
_ANGLE: Final = re.compile(
    r"[NSEWСЮВЗ]?\s*(?P<degrees>-?\d{1,3}([.,]\d+)?)\s*[°º]?\s*"
    r"((?P<minutes>\d{1,2}([.,]\d+)?)\s*['′’]\s*)?((?P<seconds>\d{1,2}([.,]\d+)?)\s*([\"″”]|'')\s*)?(?P<side>[NSEWСЮВЗ]?)",
    re.IGNORECASE,
)
_BETWEEN_TWO: Final = re.compile(r"\s*;\s*|\s*/\s*|,\s+|(?<=[NSEWСЮВЗ])\s*|\s+(?=[-\d])|,", re.IGNORECASE)
_ZEROS: Final = str.maketrans("OoОо", "0000")
"""Latin and Cyrillic letters that lists copied by hand have for a zero."""
_NAME: Final = re.compile(r"[^\W\d_]{2,}")
_SHOWN_MAX: Final = 3
_DEGREES_MAX: Final = 180


def place_hint(mistake: Mistake) -> str | None:
    """Write the place as it is to be written; None where it is no place, or nothing can be told."""
    if mistake.field in {"lat", "lon"} and isinstance(mistake.value, str):
        degrees = _degrees(mistake.value)
        return None if degrees is None else f"write {degrees:g}, in degrees with decimals and without quotes"
    if mistake.field in {*FIELDS.values(), "further_districts"}:
        return _right_code(mistake)
    if mistake.field == "where" and mistake.error != "extra_forbidden":
        return _whole_place(mistake.value, mistake.text)
    return _part_of_a_place(mistake) if {"where", "point"} & {*mistake.path} else None


def _whole_place(written: Any, name: str) -> str | None:
    """Write a place that is given as a point or by name alone."""
    if (point := _point(written)) is not None:
        return f'write "where": {{"point": {point}}}'
    ways = [f'"where": {{"{field}": "{code_of(place)}"}}' for field, place in _coded(called(name))][:_SHOWN_MAX]
    return f"write {' or '.join(ways)}" if ways else None


def _part_of_a_place(mistake: Mistake) -> str | None:
    point = _point(mistake.value) or _point(mistake.unknown_fields)
    if point is not None:
        geojson = "this is GeoJSON: " if "coordinates" in mistake.unknown_fields else ""
        return f'{geojson}write "point": {point}'
    if mistake.error == "extra_forbidden" and any(
        is_called(mistake.field, part) for part in ("lat", "lon", "accuracy_m")
    ):
        return 'write it as part of "point": {"lat": ..., "lon": ...}'
    return None


def _point(written: Any) -> str | None:
    """Find latitude and longitude in what was written, and write them as the bus does."""
    if isinstance(written, dict):
        if "coordinates" in written:
            return _point(written["coordinates"])
        lat, lon = (
            next((_degrees(value) for name, value in written.items() if is_called(name, field)), None)
            for field in ("lat", "lon")
        )
        return None if lat is None or lon is None else _written(lat, lon)
    if isinstance(written, str):
        written = [part for part in _BETWEEN_TWO.split(written.strip()) if part]
    if isinstance(written, list | tuple) and len(written) in {2, 3}:
        first, second = _degrees(written[0]), _degrees(written[1])
        if first is not None and second is not None:
            return _in_order(first, second)
    return None


def _in_order(first: float, second: float) -> str | None:
    """Tell which of two numbers is the latitude: the one that would lie in the country."""
    south, north, west, east = COUNTRY_BOX
    for lat, lon in ((first, second), (second, first)):
        if south <= lat <= north and west <= lon <= east:
            return _written(lat, lon)
    return None


def _written(lat: float, lon: float) -> str:
    return f'{{"lat": {lat:.6g}, "lon": {lon:.6g}}}'


def _degrees(written: Any) -> float | None:
    """Read degrees as a number, with a decimal comma, or with minutes and seconds."""
    if isinstance(written, int | float) and not isinstance(written, bool):
        return float(written) if abs(written) <= _DEGREES_MAX else None
    found = _ANGLE.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None:
        return None
    degrees, minutes, seconds = (
        float((found[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
    )
    size = round(abs(degrees) + minutes / 60 + seconds / 3600, 5)
    return -size if degrees < 0 or found["side"].upper() in {"S", "W", "Ю", "З"} else size


def _right_code(mistake: Mistake) -> str | None:
    """Name the code of what stands in a field for codes."""
    field = "district" if mistake.field == "further_districts" else mistake.field
    text = mistake.text
    digits = normal_code(re.sub(r"[\s.-]", "", text).translate(_ZEROS))
    if field == "district" and digits in districts():
        return f'write "{digits}" ({districts()[digits].names.en}), as text in quotes, of digits alone'
    if not _NAME.search(text):
        return None
    if fitting := _of_field(field, called(text)) or _of_field(field, find_place(text)):
        return f"write {' or '.join(fitting)}"
    if others := [f'"{other}": {_shown(place)}' for other, place in _coded(called(text))]:
        return f"that is no {field}: write {' or '.join(others[:_SHOWN_MAX])} instead"
    close = _of_field(field, similar(text))
    return f"did you mean {' or '.join(close)}?" if close else None


def _of_field(field: str, places: Iterable[Place]) -> list[str]:
    return [_shown(place) for belongs, place in _coded(places) if belongs == field][:_SHOWN_MAX]


def _coded(places: Iterable[Place]) -> list[tuple[str, Place]]:
    """Keep the places that have a code, each with the field into which that belongs."""
    return [(FIELDS[type(each)], each) for each in places if not isinstance(each, District) or each.code is not None]


def _shown(place: Place) -> str:
    return f'"{code_of(place)}" ({place.names.en})'

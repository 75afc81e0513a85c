"""A place as exactly as an agreement says, and no finer; and what in a text is finer all the same."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.catalogue import places
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.events.base import Where

if TYPE_CHECKING:
    from cbrn_routing.jurisdiction import Located
    from cbrn_routing.sharing.clauses import Resolution
    from cbrn_schemas.events.base import Language

_REGION_DIGITS: Final = 5
_BETWEEN: Final = r"[^\d\n]{1,12}"
_LATITUDE, _LONGITUDE = r"(?<!\d)(?:39|4[0-4])[.,]\d+", r"(?<!\d)(?:69|7\d|8[01])[.,]\d+"
_PAIR: Final = re.compile(
    rf"{_LATITUDE}{_BETWEEN}{_LONGITUDE}|{_LONGITUDE}{_BETWEEN}{_LATITUDE}"
    rf"|\d{{1,3}}[.,]\d{{3,}}{_BETWEEN}\d{{1,3}}[.,]\d{{3,}}"
)
"""A latitude and a longitude of the country or near it with a decimal (11 km), in either order, or any two numbers of
three decimals (100 m). Two counts such as 1,200 and 3,400 are taken for such: better that than the other way."""
_DEGREES: Final = re.compile(
    r"\d{1,3}\s*[°º]\s*\d|\d\s*[°º]\s*(?:[NSEW]\b|[сю]\.?\s*ш|[вз]\.?\s*д)|\bgeo:-?\d", re.IGNORECASE
)
"""40° 33' and 40.5° N, 40,5° с. ш., but not 8 °C; geo:40.5,72.8 (RFC 5870)."""


@cache
def gazetteer() -> Gazetteer:
    """Return the one gazetteer of this room; its answers are kept."""
    return Gazetteer()


def reduced_where(where: Where, resolution: Resolution) -> dict[str, Any] | None:
    """Return the place as the agreement lets it go; None where it cannot be said so coarsely, as of a place abroad."""
    if resolution == "exact":
        return where.model_dump(mode="json", exclude_none=True)
    located = gazetteer().locate(where)
    code = _code(where, located, resolution)
    if code is None:
        return None
    further = tuple(_coarser(each, resolution) for each in where.further_districts or ())
    kept = [each for each in dict.fromkeys(further) if each != code]
    return {"district": code, **({"further_districts": kept} if kept else {})}


def place_name(where: dict[str, Any], lang: Language) -> str:
    """Name the district or region of a place that is already reduced; nothing where it has none."""
    located = gazetteer().locate(Where.model_validate(where))
    for code in (where.get("district"), located.district):
        if code is not None and (unit := places.districts().get(code)) is not None:
            return unit.name(lang)
    return "" if located.region is None else places.region(located.region).name(lang)


def tells_coordinates(text: str) -> bool:
    """Tell whether degrees stand in a text."""
    return _PAIR.search(text) is not None or _DEGREES.search(text) is not None


def _code(where: Where, located: Located, resolution: Resolution) -> str | None:
    if resolution == "district":
        finest = located.district or where.district
        if finest is not None:
            return finest
    if located.region is not None:
        return _region_code(located.region)
    return None if where.district is None else _coarser(where.district, "region")


def _coarser(code: str, resolution: Resolution) -> str:
    if resolution == "district":
        return code
    unit = places.districts().get(code)
    return (None if unit is None else _region_code(unit.region)) or code[:_REGION_DIGITS]


def _region_code(iso: str) -> str | None:
    try:
        return places.region(iso).code
    except UnknownCodeError:
        return None

"""The places that the catalogue knows by a code: regions, districts and cities, hazard sites, crossings, rivers.

Look-up by code and by name only. Which of them a point belongs to is geometry, hence the business of
`cbrn_routing.jurisdiction`.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.place_records import (
    Crossing,
    District,
    Facility,
    Level,
    River,
    crossing_of,
    district_of,
    facility_of,
    river_of,
)
from cbrn_schemas.tables import read_table
from cbrn_schemas.words import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CODE_DIGITS",
    "Crossing",
    "District",
    "Facility",
    "Level",
    "Place",
    "River",
    "city",
    "crossing",
    "crossings",
    "district",
    "districts",
    "facilities",
    "facility",
    "find_place",
    "normal_code",
    "region",
    "rivers",
]

CODE_DIGITS = 8
"""SOATE codes have 14 digits; the first 8 name a district or city, the rest its villages."""

Place = District | Facility | Crossing


@cache
def districts() -> Mapping[str, District]:
    """Every unit by its code; by its slug where it has none."""
    return MappingProxyType({d.code or d.slug: d for d in map(district_of, read_table("districts.csv"))})


@cache
def facilities() -> Mapping[str, Facility]:
    """Every hazard site by its id."""
    return MappingProxyType({f.id: f for f in map(facility_of, read_table("facilities.csv"))})


@cache
def crossings() -> Mapping[str, Crossing]:
    """Every border crossing by its slug."""
    return MappingProxyType({c.slug: c for c in map(crossing_of, read_table("crossings.csv"))})


@cache
def rivers() -> Mapping[str, River]:
    """Every river basin by its slug."""
    return MappingProxyType({r.slug: r for r in map(river_of, read_table("rivers.csv"))})


def district(code: str) -> District:
    """The unit with this SOATE code (5, 8 or all 14 digits, stray blanks forgiven) or slug.

    Raises UnknownCodeError.
    """
    found = districts().get(normal_code(code))
    if found is None:
        raise UnknownCodeError(f"no district or city has the code {code!r}")
    return found


def facility(identifier: str) -> Facility:
    """The hazard site with this id, in either case. Raises UnknownCodeError."""
    found = facilities().get(identifier.strip().upper())
    if found is None:
        raise UnknownCodeError(f"no facility has the id {identifier!r}")
    return found


def crossing(slug: str) -> Crossing:
    """The border crossing with this slug. Raises UnknownCodeError."""
    found = crossings().get(slug.strip().lower())
    if found is None:
        raise UnknownCodeError(f"no border crossing is called {slug!r}")
    return found


@cache
def region(iso: str) -> District:
    """The region (or city of republican significance) with this ISO 3166-2 code. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.region == iso and unit.code is not None and len(unit.code) < CODE_DIGITS:
            return unit
    raise UnknownCodeError(f"no region has the code {iso!r}")


@cache
def city(slug: str) -> District:
    """The city with this slug: `manas` is the city, `manas-district` the district. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.level is Level.CITY and unit.slug == slug:
            return unit
    raise UnknownCodeError(f"no city is called {slug!r}")


def normal_code(text: str) -> str:
    """A SOATE code in the catalogue's form: no blanks, at most 8 digits, 5 where the last three are zeros."""
    code = re.sub(r"\s", "", text)
    if not code.isdigit():
        return code
    return code[: CODE_DIGITS - 3] if code[CODE_DIGITS - 3 : CODE_DIGITS].strip("0") == "" else code[:CODE_DIGITS]


def find_place(text: str) -> tuple[Place, ...]:
    """Places called `text` in any of the three languages, by present, former or other name, code, id or slug.

    Spelling is folded (`cbrn_schemas.words.fold`). Whole names come before beginnings, beginnings before parts; empty
    where nothing matches or nothing is asked.
    """
    wanted = fold(text)
    if not wanted:
        return ()
    ranked: dict[Place, int] = {}
    for name, place in _index():
        if name == wanted:
            rank = 0
        elif name.startswith(wanted):
            rank = 1
        elif wanted in name:
            rank = 2
        else:
            continue
        ranked[place] = min(rank, ranked.get(place, rank))
    return tuple(sorted(ranked, key=lambda place: ranked[place]))


@cache
def _index() -> tuple[tuple[str, Place], ...]:
    """Every folded name with its place."""
    entries: list[tuple[str, Place]] = []
    for unit in districts().values():
        former = unit.former_names or ()
        for name in {unit.slug, unit.code or "", *unit.names, *former, *unit.aliases}:
            entries.extend((form, unit) for form in _forms(name))
    for site in facilities().values():
        entries.extend((fold(name), site) for name in {site.id, *site.names} if name)
    for post in crossings().values():
        entries.extend((fold(name), post) for name in {post.slug, *post.names} if name)
    return tuple(entries)


_RANK_WORDS = re.compile(
    r"^(г\.|шаар[ыа]?)\s+|\s+(region|district|city|область|район|облусу|району|шаары)$", re.IGNORECASE
)


def _forms(name: str) -> set[str]:
    """A name folded, with and without the word for its rank (`г. Ош` is also `Ош`)."""
    return {fold(form) for form in (name, _RANK_WORDS.sub("", name)) if form}

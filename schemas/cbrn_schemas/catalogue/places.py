"""The places that the catalogue knows by a code: regions, districts and cities, hazard sites, crossings, rivers.

Look-up by code and by name only. Which of them a point belongs to is geometry, hence the business of
`cbrn_routing.jurisdiction`.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.own import merged
from cbrn_schemas.catalogue.place_records import (
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
from cbrn_schemas.catalogue.spelling import OFFERED_MAX, Index, did_you_mean, offer
from cbrn_schemas.catalogue.tables import read_table
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CODE_DIGITS",
    "FIELDS",
    "Crossing",
    "District",
    "Facility",
    "Level",
    "Place",
    "River",
    "called",
    "city",
    "code_of",
    "crossing",
    "crossings",
    "district",
    "districts",
    "facilities",
    "facility",
    "find_place",
    "names_of",
    "normal_code",
    "region",
    "rivers",
    "similar",
]

CODE_DIGITS = 8
"""SOATE codes have 14 digits; the first 8 name a district or city, the rest its villages."""

Place = District | Facility | Crossing

FIELDS: Final[Mapping[type[Place], str]] = {District: "district", Facility: "site", Crossing: "crossing"}
"""The field of an event's `where` into which a place's code belongs."""
LISTED: Final[Mapping[type[Place], str]] = {
    District: "`cbrn districts` lists all.",
    Facility: "`cbrn sites` lists all.",
    Crossing: "`cbrn crossings` lists all.",
}


def code_of(place: Place) -> str:
    """Return the code to write into an event, and to ask for a place with: SOATE, a site's id, a crossing's slug."""
    if isinstance(place, Facility):
        return place.id
    return place.slug if isinstance(place, Crossing) else place.code or place.slug


@cache
def districts() -> Mapping[str, District]:
    """Return every unit by its code; by its slug where it has none."""
    return MappingProxyType({d.code or d.slug: d for d in map(district_of, read_table("districts.csv"))})


@cache
def facilities() -> Mapping[str, Facility]:
    """Return every hazard site by its id."""
    return MappingProxyType({f.id: f for f in map(facility_of, merged("facilities.csv"))})


@cache
def crossings() -> Mapping[str, Crossing]:
    """Return every border crossing by its slug."""
    return MappingProxyType({c.slug: c for c in map(crossing_of, merged("crossings.csv"))})


@cache
def rivers() -> Mapping[str, River]:
    """Return every river basin by its slug."""
    return MappingProxyType({r.slug: r for r in map(river_of, read_table("rivers.csv"))})


def district(code: str) -> District:
    """Find the unit with this SOATE code (5, 8 or all 14 digits, stray blanks forgiven) or slug.

    Raises UnknownCodeError.
    """
    found = districts().get(normal_code(code))
    if found is None:
        raise UnknownCodeError(f"no district or city has the code {code!r}", lambda: _meant(code, District))
    return found


def facility(identifier: str) -> Facility:
    """Find the hazard site with this id, in either case. Raises UnknownCodeError."""
    found = facilities().get(identifier.strip().upper())
    if found is None:
        raise UnknownCodeError(f"no facility has the id {identifier!r}", lambda: _meant(identifier, Facility))
    return found


def crossing(slug: str) -> Crossing:
    """Find the border crossing with this slug. Raises UnknownCodeError."""
    found = crossings().get(slug.strip().lower())
    if found is None:
        raise UnknownCodeError(f"no border crossing is called {slug!r}", lambda: _meant(slug, Crossing))
    return found


@cache
def region(iso: str) -> District:
    """Find the region (or city of republican significance) with this ISO 3166-2 code. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.region == iso and unit.code is not None and len(unit.code) < CODE_DIGITS:
            return unit
    raise UnknownCodeError(f"no region has the code {iso!r}", lambda: _meant_region(iso))


@cache
def city(slug: str) -> District:
    """Find the city with this slug: `manas` is the city, `manas-district` the district. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.level is Level.CITY and unit.slug == slug:
            return unit
    cities = {unit.slug for unit in districts().values() if unit.level is Level.CITY}
    raise UnknownCodeError(f"no city is called {slug!r}", lambda: did_you_mean(slug, cities, LISTED[District]))


def normal_code(text: str) -> str:
    """Write a SOATE code in the catalogue's form: no blanks, at most 8 digits, 5 where the last three are zeros.

    A code that tables in circulation have for a unit in full is taken for that unit's: 41704000000010 is the city of
    Naryn, though its first digits are the region's.
    """
    code = re.sub(r"\s", "", text)
    if not code.isdigit():
        return code
    if code in _other_codes():
        return _other_codes()[code]
    return code[: CODE_DIGITS - 3] if code[CODE_DIGITS - 3 : CODE_DIGITS].strip("0") == "" else code[:CODE_DIGITS]


@cache
def _other_codes() -> Mapping[str, str]:
    return {written: unit.code for unit in districts().values() if unit.code for written in unit.also_written}


def find_place(text: str) -> tuple[Place, ...]:
    """Find places called `text` in any of the three languages, by present, former or other name, code, id or slug.

    Spelling is folded (`spelling.spelled`): case, blanks, hyphens, Kyrgyz letters and the alphabet do not count. Whole
    names come before beginnings, beginnings before parts, and last come places of which each word is said somewhere;
    empty where nothing matches or nothing is asked.
    """
    return tuple(place for _, place in _ranked(text))


def called(text: str) -> tuple[Place, ...]:
    """Find only the places that are called exactly so, up to spelling; several where the name is ambiguous (Manas)."""
    return tuple(place for rank, place in _ranked(text) if rank == 0)


def similar(text: str, at_most: int = 3) -> tuple[Place, ...]:
    """Find places with a name that a slip of the finger turns into `text`, the likeliest first."""
    return _index().similar(_without_rank(text), at_most)


def names_of(place: Place) -> frozenset[str]:
    """Return all that a place is called or coded, with and without the word for its rank (`г. Ош` is also `Ош`)."""
    if isinstance(place, Facility):
        return frozenset((place.id, place.id.replace("F0", "F"), *place.names))
    if isinstance(place, Crossing):
        return frozenset((place.slug, *place.names))
    said = (place.slug, place.code or "", *place.names, *(place.former_names or ()), *place.aliases)
    return frozenset(form for name in said for form in (name, _without_rank(name)) if form)


def _meant(code: str, kind: type[Place]) -> str:
    """Say which places a code of none may mean: it may be a name, or mistyped."""
    found = [place for place in _index().meant(code) if isinstance(place, kind)][:OFFERED_MAX]
    return offer([f"{code_of(place)} ({place.names.en})" for place in found], LISTED[kind])


def _meant_region(iso: str) -> str:
    found = [place for place in _index().meant(iso) if isinstance(place, District) and region(place.region) is place]
    return offer([f"{unit.region} ({unit.names.en})" for unit in found[:OFFERED_MAX]], LISTED[District])


def _ranked(text: str) -> list[tuple[int, Place]]:
    """Rank places by how well they match: 0 whole name, 1 beginning, 2 part, 3 word by word."""
    found = _index().ranked(text) or _index().ranked(_without_rank(text))
    coded = districts().get(normal_code(text))
    return found if coded is None else [(0, coded), *((rank, place) for rank, place in found if place is not coded)]


@cache
def _index() -> Index[Place]:
    every: tuple[Place, ...] = (*districts().values(), *facilities().values(), *crossings().values())
    return Index((place, names_of(place), ()) for place in every)


_RANK_WORDS = re.compile(
    r"^(г\.|гор\.|город|шаар[ыа]?|район|область)\s+"
    r"|\s+(region|district|city|town|oblast|rayon|raion|область|обл\.?|район|р-н|облусу|району|шаары)$",
    re.IGNORECASE,
)


def _without_rank(name: str) -> str:
    return _RANK_WORDS.sub("", name.strip())

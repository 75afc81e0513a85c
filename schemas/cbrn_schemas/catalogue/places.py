"""The places that the catalogue knows by a code: regions, districts and cities, hazard sites, crossings, rivers.

Look-up by code and by name only. Which of them a point belongs to is geometry, hence the business of
`cbrn_routing.jurisdiction`.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

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
from cbrn_schemas.catalogue.tables import read_table
from cbrn_schemas.catalogue.words import fold
from cbrn_schemas.errors import UnknownCodeError

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
    "called",
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
    "similar",
]

CODE_DIGITS = 8
"""SOATE codes have 14 digits; the first 8 name a district or city, the rest its villages."""

SIMILAR_ENOUGH = 0.75
"""Least likeness of two names, 0 to 1, at which one is offered for the other: one slip in four letters."""

Place = District | Facility | Crossing


@cache
def districts() -> Mapping[str, District]:
    """Return every unit by its code; by its slug where it has none."""
    return MappingProxyType({d.code or d.slug: d for d in map(district_of, read_table("districts.csv"))})


@cache
def facilities() -> Mapping[str, Facility]:
    """Return every hazard site by its id."""
    return MappingProxyType({f.id: f for f in map(facility_of, read_table("facilities.csv"))})


@cache
def crossings() -> Mapping[str, Crossing]:
    """Return every border crossing by its slug."""
    return MappingProxyType({c.slug: c for c in map(crossing_of, read_table("crossings.csv"))})


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
        raise UnknownCodeError(f"no district or city has the code {code!r}")
    return found


def facility(identifier: str) -> Facility:
    """Find the hazard site with this id, in either case. Raises UnknownCodeError."""
    found = facilities().get(identifier.strip().upper())
    if found is None:
        raise UnknownCodeError(f"no facility has the id {identifier!r}")
    return found


def crossing(slug: str) -> Crossing:
    """Find the border crossing with this slug. Raises UnknownCodeError."""
    found = crossings().get(slug.strip().lower())
    if found is None:
        raise UnknownCodeError(f"no border crossing is called {slug!r}")
    return found


@cache
def region(iso: str) -> District:
    """Find the region (or city of republican significance) with this ISO 3166-2 code. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.region == iso and unit.code is not None and len(unit.code) < CODE_DIGITS:
            return unit
    raise UnknownCodeError(f"no region has the code {iso!r}")


@cache
def city(slug: str) -> District:
    """Find the city with this slug: `manas` is the city, `manas-district` the district. Raises UnknownCodeError."""
    for unit in districts().values():
        if unit.level is Level.CITY and unit.slug == slug:
            return unit
    raise UnknownCodeError(f"no city is called {slug!r}")


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

    Spelling is folded (`words.fold`); blanks, hyphens and the marks of Latin letters do not count. Whole names come
    before beginnings, beginnings before parts; empty where nothing matches or nothing is asked.
    """
    return tuple(place for _, place in _ranked(text))


def called(text: str) -> tuple[Place, ...]:
    """Find only the places that are called exactly so, up to spelling; several where the name is ambiguous (Manas)."""
    return tuple(place for rank, place in _ranked(text) if rank == 0)


def similar(text: str, at_most: int = 3) -> tuple[Place, ...]:
    """Find places with a name that a slip of the finger turns into `text`, the likeliest first."""
    names: dict[str, Place] = {}
    for name, place in _index():
        names.setdefault(name, place)
    close = get_close_matches(_searched(text), names, n=at_most, cutoff=SIMILAR_ENOUGH)
    return tuple(dict.fromkeys(names[name] for name in close))


def _ranked(text: str) -> list[tuple[int, Place]]:
    """Rank places by how well they match: 0 whole name, 1 beginning, 2 part."""
    wanted = _searched(text)
    if not wanted:
        return []
    coded = districts().get(normal_code(text))
    ranked: dict[Place, int] = {} if coded is None else {coded: 0}
    for name, place in _index():
        if wanted in name:
            rank = 0 if name == wanted else 1 if name.startswith(wanted) else 2
            ranked[place] = min(rank, ranked.get(place, rank))
    return sorted(((rank, place) for place, rank in ranked.items()), key=lambda found: found[0])


@cache
def _index() -> tuple[tuple[str, Place], ...]:
    """Return every folded name with its place."""
    entries: list[tuple[str, Place]] = []
    for unit in districts().values():
        former = unit.former_names or ()
        for name in {unit.slug, unit.code or "", *unit.names, *former, *unit.aliases}:
            entries.extend((form, unit) for form in _forms(name))
    for site in facilities().values():
        entries.extend((_searched(name), site) for name in {site.id, *site.names} if name)
    for post in crossings().values():
        entries.extend((_searched(name), post) for name in {post.slug, *post.names} if name)
    return tuple(entries)


def _searched(text: str) -> str:
    """Fold a text, written together (Карасуу is Кара-Суу), with Latin letters without their marks (Tup is Tüp)."""
    return "".join(map(_bare, fold(text).replace(" ", "")))


def _bare(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter


_RANK_WORDS = re.compile(
    r"^(г\.|шаар[ыа]?)\s+|\s+(region|district|city|область|район|облусу|району|шаары)$", re.IGNORECASE
)


def _forms(name: str) -> set[str]:
    """Fold a name, with and without the word for its rank (`г. Ош` is also `Ош`)."""
    return {_searched(form) for form in (name, _RANK_WORDS.sub("", name)) if form}

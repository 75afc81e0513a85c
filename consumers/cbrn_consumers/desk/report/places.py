"""Places and other codes by the names that people know: found as `cbrn place` finds them, and nothing is guessed."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_schemas.catalogue.agents import agents, find_agent
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.catalogue.places import (
    FIELDS,
    Crossing,
    District,
    Facility,
    called,
    code_of,
    crossings,
    districts,
    facilities,
    find_place,
    normal_code,
    similar,
)
from cbrn_schemas.catalogue.words import fold
from cbrn_schemas.events.shorthand import where_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.catalogue.places import Place
    from cbrn_schemas.events.base import Language

OFFERED_MAX: Final = 8
"""Places offered for a name that fits several; more would not be read."""
_POINT: Final = re.compile(r"(-?[0-9]{1,3}(?:[.,][0-9]+)?)°?[\s;,]+(-?[0-9]{1,3}(?:[.,][0-9]+)?)°?")
_PLACES: Final = {field: kind for kind, field in FIELDS.items()}
_COUNTRIES: Final = frozenset({"origin", "destination", "origin_country", "destination_country", "imported_from"})
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


class Offered(NamedTuple):
    """Places that a name may mean."""

    codes: tuple[str, ...]
    exact: bool
    """Whether each of them is called so."""


class Suggestion(NamedTuple):
    """One entry of a list to choose from while typing."""

    value: str
    """What is written into the field: a name where it is the only one so called, else the code."""
    label: str
    """What tells it from others of the same name."""


def found(text: str) -> dict[str, Any] | Offered:
    """Find the place that is called so or has this code, as the fields of an event's `where`; else what is meant."""
    numbers = _POINT.fullmatch(text)
    if numbers is not None:
        lat, lon = (float(number.replace(",", ".")) for number in numbers.groups())
        return {"point": {"lat": lat, "lon": lon}}
    exact = called(text)
    if len(exact) == 1:
        where: dict[str, Any] = where_of(exact[0]).model_dump(mode="json", exclude_none=True)
        return where
    offered = exact or find_place(text) or similar(text)
    return Offered(tuple(code_of(place) for place in offered[:OFFERED_MAX]), exact=bool(exact))


def code_meant(field: str, text: str) -> str:
    """Return the code that a text means in a field that holds one; the text itself where that is not certain."""
    if field in _PLACES or field == "further_districts":
        return _place_code(_PLACES.get(field, District), text)
    if field == "code":
        agent = find_agent(text)
        return text if agent is None else agent.code
    if field in _COUNTRIES and not _COUNTRY.fullmatch(text):
        return countries().get(fold(text), text)
    return text


def _place_code(kind: type[Place], text: str) -> str:
    if kind is District and text.replace(" ", "").isdigit():
        return normal_code(text)
    known = [place for place in called(text) if isinstance(place, kind)]
    return code_of(known[0]) if len(known) == 1 else text


@cache
def countries() -> Mapping[str, str]:
    """Return the codes of the countries around, and of those that they are often named with, by folded name."""
    codes = {body.country for body in bodies().values() if body.country}
    languages: tuple[Language, ...] = ("ky", "ru", "en")
    return {fold(place_name(code, lang)): code for code in sorted(codes) for lang in languages}


def described(code: str, lang: Language) -> Suggestion:
    """Describe a place of the catalogue by its code."""
    (place, *_) = called(code)
    return _suggestion(place, lang)


@cache
def suggestions(lang: Language) -> tuple[Suggestion, ...]:
    """Return every district, city, site and crossing, for a list to choose from."""
    every: tuple[Place, ...] = (*districts().values(), *facilities().values(), *crossings().values())
    return tuple(_suggestion(place, lang) for place in every)


@cache
def of_kind(field: str, lang: Language) -> tuple[Suggestion, ...]:
    """Return what may be written into a field that holds a code of the catalogue."""
    if field == "code":
        return tuple(Suggestion(each.names.get(lang), each.code) for each in agents().values())
    if field in _COUNTRIES:
        return tuple(Suggestion(code, place_name(code, lang)) for code in sorted(set(countries().values())))
    tables: dict[str, tuple[Place, ...]] = {
        "site": tuple(facilities().values()),
        "crossing": tuple(crossings().values()),
        "district": tuple(districts().values()),
        "further_districts": tuple(districts().values()),
    }
    return tuple(Suggestion(code_of(place), _suggestion(place, lang).label) for place in tables.get(field, ()))


def _suggestion(place: Place, lang: Language) -> Suggestion:
    name, code = place.names.get(lang), code_of(place)
    alone = len(called(name)) == 1
    return Suggestion(name if alone else code, f"{name} · {_around(place, lang)}".rstrip(" ·"))


def _around(place: Place, lang: Language) -> str:
    """Say what kind of place it is, and where."""
    if isinstance(place, Facility):
        return place.id
    if isinstance(place, Crossing):
        return place_name(place.neighbour or "", lang)
    region = place_name(place.region, lang)
    return "" if region == place.names.get(lang) else region

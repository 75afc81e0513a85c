"""The tables of the catalogue as a person searches them: by names and codes, and by what a thing belongs to.

A site is found by its district and its operator, too, a crossing by the country behind it, a district by its region, a
service by its ministry, a kind of event by what is said about it; what is called so itself comes first.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.bodies import Body, bodies, names_of_body, neighbour
from cbrn_schemas.catalogue.places import (
    Crossing,
    District,
    Facility,
    crossings,
    district,
    districts,
    facilities,
    names_of,
    region,
)
from cbrn_schemas.catalogue.spelling import Index
from cbrn_schemas.catalogue.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HAZARDS = {"C": "chemical", "B": "biological", "R": "radiological", "N": "nuclear"}
"""Hazards by the letters of the table of sites."""


@cache
def kind_names() -> Index[str]:
    """Return the kinds of events that can be reported, by code and name alone: what names one kind exactly."""
    return Index((kind, (kind, *words()["kind", kind]), ()) for group, kind in words() if group == "kind-about")


@cache
def kind_index() -> Index[str]:
    """Return the same kinds by what is said about them, too."""
    return Index((kind, (kind, *words()["kind", kind]), words()["kind-about", kind]) for kind in kind_names().all)


@cache
def body_index() -> Index[Body]:
    """Return bodies by name, kind and the body that they are subordinate to."""
    return Index((each, names_of_body(each), _about_body(each)) for each in bodies().values())


@cache
def site_index() -> Index[Facility]:
    """Return hazard sites by name, district, operator, kind and hazard."""
    return Index((each, names_of(each), _about_site(each)) for each in facilities().values())


@cache
def district_index() -> Index[District]:
    """Return regions, districts and cities by name, with the region around them."""
    return Index((each, names_of(each), _around(each.region)) for each in districts().values())


@cache
def crossing_index() -> Index[Crossing]:
    """Return border crossings by name, the country and the place behind them, and their district."""
    return Index((each, names_of(each), _about_crossing(each)) for each in crossings().values())


def _about_body(each: Body) -> Iterator[str]:
    yield from words()["body_kind", each.kind]
    if each.parent is not None:
        yield from names_of_body(bodies()[each.parent])


def _about_site(each: Facility) -> Iterator[str]:
    yield each.kind
    yield each.operator_name or ""
    for code in each.districts:
        yield from names_of(district(code))
    for letter in each.hazards:
        yield from words()["hazard", HAZARDS[letter]]
    if each.operator_body is not None:
        yield from names_of_body(bodies()[each.operator_body])


def _about_crossing(each: Crossing) -> Iterator[str]:
    yield from (each.opposite, each.mode, each.neighbour or "")
    yield from _around(each.region)
    if each.district is not None:
        yield from names_of(district(each.district))
    country = None if each.neighbour is None else neighbour(each.neighbour)
    if country is not None:
        yield from names_of_body(country)


def _around(iso: str) -> Iterable[str]:
    return (iso, *names_of(region(iso)))

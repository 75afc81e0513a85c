"""`cbrn place`: the jurisdiction of a point."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.invocation import EXIT_BAD_INPUT, Invocation, JsonOption, LangOption, complain, console, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events.base import Language

LAT_MAX, LON_MAX = 90.0, 180.0
HINT = "Give degrees in WGS 84, latitude first: cbrn place 42.8746 74.5698"


def place(
    context: typer.Context,
    lat: Annotated[float, typer.Argument(metavar="LAT", help="Latitude, degrees north (WGS 84).")],
    lon: Annotated[float, typer.Argument(metavar="LON", help="Longitude, degrees east (WGS 84).")],
    *,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say whose business the point LAT LON is: district, region, country, neighbours, the country down the river."""
    invocation = Invocation.of(context, lang=lang)
    problem = _problem(lat, lon)
    if problem is not None:
        where, message = problem
        if as_json:
            print(json.dumps({"error": message, "where": where, "hint": HINT}))
        else:
            complain(f"{where}: {message}", HINT)
        raise typer.Exit(EXIT_BAD_INPUT)
    from cbrn_routing.jurisdiction import Gazetteer

    located = Gazetteer().at(lat, lon)
    if as_json:
        print(json.dumps(located.as_json(), ensure_ascii=False))
    else:
        _print(located, invocation.language)


def _problem(lat: float, lon: float) -> tuple[str, str] | None:
    """The field that cannot be right, and why."""
    for where, degrees, most in (("lat", lat, LAT_MAX), ("lon", lon, LON_MAX)):
        if not -most <= degrees <= most:  # also for nan
            return where, f"{degrees:g} is not between {-most:g} and {most:g}"
    return None


def _print(located: Located, lang: Language) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for label, text in _lines(located, lang):
        table.add_row(shown(label), shown(text))
    console().print(table)


def _lines(located: Located, lang: Language) -> Iterator[tuple[str, str]]:
    """Label and value of everything that is known, in the officer's language."""
    from cbrn_schemas.naming import place_name, words_of
    from cbrn_schemas.words import word

    def countries(codes: frozenset[str]) -> str:
        return ", ".join(place_name(code, lang) for code in sorted(codes)) or word("ui", "none", lang)

    if located.district is not None:
        yield word("ui", "district", lang), f"{place_name(located.district, lang)} ({located.district})"
    if located.city is not None:
        yield word("place", "city", lang), _city_name(located.city, lang)
    if located.region is not None:
        yield word("ui", "region", lang), f"{place_name(located.region, lang)} ({located.region})"
    home = located.country == "KG"
    yield word("place", "country", lang), word("place", "KG", lang) if home else place_name(located.country or "", lang)
    yield word("ui", "neighbours", lang), countries(located.neighbours)
    yield word("ui", "downstream", lang), countries(located.downstream)
    if located.border:
        yield word("ui", "border", lang), word("place", "border-crossing", lang)
    if located.facility is not None:
        yield from _facility_lines(located, located.facility, lang)
    yield word("ui", "confidence", lang), word("confidence", located.confidence, lang)
    yield word("place", "found-by", lang), word("place_method", located.method, lang)
    if located.doubts:
        yield word("ui", "warnings", lang), words_of("doubt", located.doubts, lang)


def _facility_lines(located: Located, identifier: str, lang: Language) -> Iterator[tuple[str, str]]:
    from cbrn_schemas.naming import body_name
    from cbrn_schemas.places import facility
    from cbrn_schemas.words import word

    site = facility(identifier)
    # An estimate must never look surveyed.
    remark = "" if site.surveyed else f"; {word('place', 'own-estimate', lang)}"
    yield word("ui", "facility", lang), f"{site.names.get(lang)} ({site.id}{remark})"
    if located.operator is not None:
        yield word("place", "operator", lang), body_name(located.operator, lang)


def _city_name(slug: str, lang: Language) -> str:
    """Name of a city by its slug."""
    from cbrn_schemas.places import city

    return city(slug).name(lang)

"""`cbrn place`: the jurisdiction of a point, or of a place by its name or code."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cbrn_deploy.cli.completion import complete_places
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import UsageError
from cbrn_deploy.cli.printing import complain, json_text

if TYPE_CHECKING:
    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.catalogue.places import Place

LAT_MAX, LON_MAX = 90.0, 180.0
HINT_POINT = "Give degrees in WGS 84, latitude first: cbrn place 42.8746 74.5698"
HINT_NAME = "Give a district, city, site or crossing by name or code: cbrn place Mailuu-Suu, cbrn place 41703430"
HINT_CODE = "Ask again with the code of the one that is meant."
HINT_SIMILAR = "It resembles these. Ask again with the code of the one that is meant."
CANDIDATES_MAX = 12
"""Names offered at most; more would not be read."""

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+|nan|inf)°?", re.IGNORECASE)
_CODE = re.compile(r"\d{5,}")
"""A SOATE code; any other number by itself is a lonely latitude."""


class _Answer(NamedTuple):
    located: Located
    asked: Place | None
    """The place that was asked for by name or code."""


@Invocation.takes("lang", "json")
def place(
    call: Invocation,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="LAT LON | NAME | CODE",
            help="A point in degrees (WGS 84), latitude first; or a district, city, hazard site or crossing "
            "by its name in any language, or by its code.",
            autocompletion=complete_places,
        ),
    ],
) -> None:
    """Say whose business a place is: district, region, country, neighbours, the country down the river, the site.

    Exit status 1 where a name fits several places or none; those that it may mean are listed.
    """
    try:
        point = _point(words)
    except PointError as error:
        raise call.refused(error) from None
    if point is None:
        answer = _by_name(" ".join(words), call, as_json=call.as_json)
    else:
        from cbrn_routing.jurisdiction import Gazetteer

        answer = _Answer(Gazetteer().at(*point), None)
    from cbrn_deploy.cli.events.place_screen import as_json_of, print_place

    if call.as_json:
        print(json_text(as_json_of(answer.located, answer.asked, call.language, point)))
    else:
        print_place(answer.located, answer.asked, call.language, point)


def _point(words: list[str]) -> tuple[float, float] | None:
    """Read the point, where two numbers were given in whatever form; None for a name or a code."""
    parts = [part for word in words for part in re.split(r"[\s;]+|,\s+|,$", word) if part]
    if len(parts) == 1 and parts[0].count(",") == 1 and "." in parts[0]:
        parts = parts[0].split(",")
    if len(parts) == 1 and _NUMBER.fullmatch(parts[0]) and not _CODE.fullmatch(parts[0]):
        raise PointError("lon", "is missing")
    if len(parts) != 2 or not all(_NUMBER.fullmatch(part) for part in parts):  # noqa: PLR2004 - latitude, longitude
        return None
    lat, lon = (float(part.rstrip("°").replace(",", ".")) for part in parts)
    for where, degrees, most in (("lat", lat, LAT_MAX), ("lon", lon, LON_MAX)):
        if not -most <= degrees <= most:  # also for nan
            raise PointError(where, f"{degrees:g} is not between {-most:g} and {most:g}")
    return lat, lon


def _by_name(text: str, invocation: Invocation, *, as_json: bool) -> _Answer:
    """Find the one place of this name or code, and where that is; leave with a list where there is not exactly one."""
    from cbrn_schemas.catalogue.places import called, find_place, similar

    found = called(text) or find_place(text)
    if len(found) == 1:
        from cbrn_routing.jurisdiction import Gazetteer
        from cbrn_schemas.events.shorthand import where_of

        return _Answer(Gazetteer().locate(where_of(found[0])), found[0])
    from cbrn_deploy.cli.events.place_screen import candidate_of, print_candidates

    offered = (found or similar(text))[:CANDIDATES_MAX]
    several = "fits several places" if found else "is not known"
    hint = HINT_NAME if not offered else HINT_CODE if found else HINT_SIMILAR
    if as_json:
        candidates = [candidate_of(one, invocation.language) for one in offered]
        error = {"error": f"{text!r} {several}", "where": "name", "hint": hint, "candidates": candidates}
        print(json_text(error))
    else:
        complain(f"name: {text!r} {several}", hint)
        print_candidates(offered, invocation.language)
    raise typer.Exit(EXIT_FAILED)


class PointError(UsageError):
    """Two numbers that are no point, or one that is half of one. `where` names the one that is wrong."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}", HINT_POINT)
        self.where = where
        self.message = message

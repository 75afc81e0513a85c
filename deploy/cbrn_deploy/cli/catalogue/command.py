"""`cbrn kinds`, `bodies`, `sites`, `districts`, `crossings`: what there is, with the code that an event needs."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cbrn_deploy.cli.completion import (
    complete_bodies,
    complete_crossings,
    complete_districts,
    complete_kinds,
    complete_sites,
)
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import parse_day
from cbrn_deploy.cli.printing import complain, json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_deploy.cli.catalogue.screen import Listing

CHECK: Final = "check"
"""Behind `cbrn bodies`, a verb and no name: no body is called so."""
HINT_NONE: Final = "Search by less, in any of the three languages; without SEARCH the command lists all."
HINT_SIMILAR: Final = "It resembles what is listed."
HINT_OTHER_KIND: Final = "Nothing of that name has that hazard or lane; what is listed has another."
HINT_OTHER_DAY: Final = "Nothing of that name exists on that day; what is listed did, or will."


def _search(complete: Callable[[typer.Context, str], list[tuple[str, str]]]) -> Any:
    help_text = "Words of a name in any language and spelling, or a code.  [default: all]"
    return typer.Argument(metavar="SEARCH", help=help_text, autocompletion=complete, show_default=False)


KindSearch = Annotated[list[str] | None, _search(complete_kinds)]
BodySearch = Annotated[list[str] | None, _search(complete_bodies)]
SiteSearch = Annotated[list[str] | None, _search(complete_sites)]
DistrictSearch = Annotated[list[str] | None, _search(complete_districts)]
CrossingSearch = Annotated[list[str] | None, _search(complete_crossings)]


ExistingOption = Annotated[
    str | None,
    typer.Option("--on", metavar="DATE", help="Only those that exist on this day, as 2026-11-23.", show_default=False),
]


@Invocation.takes("lang", "json")
def list_kinds(
    call: Invocation,
    search: KindSearch = None,
    *,
    hazard: Annotated[
        Literal["chemical", "biological", "radiological", "nuclear"] | None,
        typer.Option(help="Only kinds that can have this hazard.", show_default=False),
    ] = None,
    lane: Annotated[
        Literal["incidents", "monitoring"] | None,
        typer.Option(help="Only what happened, or only what was measured.", show_default=False),
    ] = None,
) -> None:
    """List the kinds of events: what can be reported on the bus; `cbrn new KIND` prints a report to begin with.

    A kind is found by what is said about it, too. Exit status 1 where nothing is; what it resembles is listed.
    """
    from cbrn_deploy.cli.catalogue.screen import KINDS

    def wanted(kind: str) -> bool:
        known = KINDS.columns(kind)
        return (hazard is None or hazard in known["hazards"]) and lane in {None, known["lane"]}

    _list(call, KINDS, search, wanted, HINT_OTHER_KIND)


@Invocation.takes("lang", "json")
def list_bodies(call: Invocation, search: BodySearch = None, *, on: ExistingOption = None) -> None:
    """List bodies by code: ministries, services, neighbours, organisations; former ones with their last day.

    A service is found by its ministry, too. Exit status 1 where nothing is found; what it resembles is listed.

    `cbrn bodies check [FOLDER]` says instead what is wrong with what this installation adds to the catalogue, by file,
    line and column; FOLDER is that of CBRN_CATALOGUE unless said. Exit status 1 where it is not taken.
    """
    from cbrn_deploy.cli.catalogue.check import check_folder
    from cbrn_deploy.cli.catalogue.screen import BODIES

    if search and search[0] == CHECK:
        check_folder(call, search[1:])
        return
    day = None if on is None else parse_day(on)
    _list(call, BODIES, search, lambda body: day is None or body.valid_on(day), HINT_OTHER_DAY)


@Invocation.takes("lang", "json")
def list_sites(call: Invocation, search: SiteSearch = None) -> None:
    """List hazard sites by id: tailings, plants, burial sites, with district, operator and hazard.

    By any of these a site is found. Exit status 1 where nothing is; what it resembles is listed.
    """
    from cbrn_deploy.cli.catalogue.screen import SITES

    _list(call, SITES, search)


@Invocation.takes("lang", "json")
def list_districts(call: Invocation, search: DistrictSearch = None) -> None:
    """List regions, districts and cities by SOATE code.

    A district is found by its region and by former names, too. Exit status 1 where nothing is; what it resembles is
    listed.
    """
    from cbrn_deploy.cli.catalogue.screen import DISTRICTS

    _list(call, DISTRICTS, search)


@Invocation.takes("lang", "json")
def list_crossings(call: Invocation, search: CrossingSearch = None) -> None:
    """List border crossings by slug, with the country behind each.

    A crossing is found by country and district, too. Exit status 1 where nothing is; what it resembles is listed.
    """
    from cbrn_deploy.cli.catalogue.screen import CROSSINGS

    _list(call, CROSSINGS, search)


def _list(
    call: Invocation,
    listing: Listing,
    search: list[str] | None,
    wanted: Callable[[Any], bool] = lambda _: True,
    unwanted: str = "",
) -> None:
    """Show what was searched for; where there is nothing, what it resembles, and end with status 1.

    `unwanted`: what to say where something is called so, and none of it is `wanted`.
    """
    from cbrn_deploy.cli.catalogue.check import tell_refused
    from cbrn_deploy.cli.catalogue.screen import row_json, show

    tell_refused()
    text, index = " ".join(search or ()), listing.index()
    found = [each for _, each in index.ranked(text)] if text else index.all
    rows = [each for each in found if wanted(each)]
    offered = () if rows else found or index.similar(text)
    written = [row_json(listing, each, call.language) for each in rows or offered] if call.as_json else []
    hint = unwanted if found else HINT_SIMILAR if offered else HINT_NONE
    if call.as_json and rows:
        print("\n".join(map(json_text, written)))
    elif call.as_json:
        print(json_text({"error": f"{text!r} is not known", "where": "search", "hint": hint, "candidates": written}))
    elif not rows:
        complain(f"«{text}» is not known", hint)
    if not call.as_json and (rows or offered):
        show(listing, rows or offered, call.language)
    if not rows:
        raise typer.Exit(EXIT_FAILED)

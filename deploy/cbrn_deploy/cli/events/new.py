"""`cbrn kinds` and `cbrn new`: what can be reported, and a report to begin with."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cbrn_deploy.cli.completion import complete_publishers
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import KindArgument, UsageError, body_code, kind_code, kind_hint
from cbrn_deploy.cli.printing import as_typed, console, json_text, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbrn_schemas.events.base import Language

FAMILIES: Final = ("chemical", "biological", "radiological", "nuclear", "trade", "watch")
"""Modules of incidents in the order in which they are shown; those of monitoring follow by name."""


@Invocation.takes("lang", "json")
def kinds(
    call: Invocation,
    search: Annotated[
        list[str] | None,
        typer.Argument(metavar="SEARCH", help="Words of the name or the description, in any language."),
    ] = None,
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
    """List the kinds of events: what can be reported on the bus.

    `cbrn new KIND` prints a report of a kind to begin with.
    """
    found = [
        one
        for one in map(_described, _by_family())
        if (hazard is None or hazard in one["hazards"]) and lane in {None, one["lane"]}
    ]
    if search:
        found = _searched(" ".join(search), found)
    if call.as_json:
        print("\n".join(map(json_text, found)))
    else:
        _print(found, call.language)


def _by_family() -> list[str]:
    from cbrn_schemas.events import EVENT_TYPES

    def place(kind: str) -> tuple[int, str]:
        family = EVENT_TYPES[kind].__module__.rpartition(".")[2]
        return FAMILIES.index(family) if family in FAMILIES else len(FAMILIES), family

    return sorted(EVENT_TYPES, key=place)


def _described(kind: str) -> dict[str, Any]:
    from cbrn_routing.rulebook.vocabulary import HAZARDS_OF
    from cbrn_schemas.catalogue.words import words
    from cbrn_schemas.events import ce_type, lane_of

    return {
        "kind": kind,
        "names": words()["kind", kind]._asdict(),
        "about": words()["kind-about", kind]._asdict(),
        "hazards": sorted(HAZARDS_OF[kind], key=["chemical", "biological", "radiological", "nuclear"].index),
        "lane": str(lane_of(kind)),
        "type": ce_type(kind),
    }


def _searched(text: str, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the kinds that a search finds by code, names or descriptions.

    Raises:
        UsageError: there is none.
    """
    from cbrn_schemas.catalogue.searching import kind_index

    matching = {kind for _, kind in kind_index().ranked(text)}
    if kept := [one for one in found if one["kind"] in matching]:
        return kept
    raise UsageError(f"no kind is called «{text}»", kind_hint(text))


def _print(found: Sequence[dict[str, Any]], lang: Language) -> None:
    from rich.table import Table
    from rich.text import Text

    from cbrn_schemas.catalogue.words import word

    out = console()
    letters = {name: name[0].upper() for name in ("chemical", "biological", "radiological", "nuclear")}
    for lane in ("incidents", "monitoring"):
        rows = [one for one in found if one["lane"] == lane]
        if not rows:
            continue
        out.print(shown(word("ui", lane, lang).upper(), "bold"))
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True, min_width=22)
        table.add_column(no_wrap=True, min_width=4)
        table.add_column(overflow="fold")
        for one in rows:
            text = Text.assemble((one["names"][lang], "bold"), "\n", (one["about"][lang], "dim"))
            table.add_row(shown(one["kind"]), "".join(letters[name] for name in one["hazards"]), text)
        out.print(table)
    out.print(shown(", ".join(f"{letter} {word('hazard', name, lang)}" for name, letter in letters.items()), "dim"))


@Invocation.takes("realm", "lang")
def new(
    call: Invocation,
    kind: KindArgument,
    *,
    yaml: Annotated[bool, typer.Option("--yaml", help="As YAML, with a comment a field.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With every optional field; in YAML they stand behind a #.")
    ] = False,
    body: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="BODY",
            help="Body that publishes it.  [default: that of the example]",
            autocompletion=complete_publishers,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print a report of KIND to begin with: filled in, valid as it stands, with the fields that decide who is told.

    The data are those of an example, moved to now: put yours in their place, the name of the situation first.
    `cbrn publish` and `cbrn route` read both forms.
    """
    from cbrn_routing.facets import deciding_fields
    from cbrn_schemas.contracts import event_document
    from cbrn_schemas.contracts.template import Template, commented, filled
    from cbrn_schemas.events import EVENT_TYPES
    from cbrn_schemas.topics import Realm

    code = kind_code(kind)
    asked = Template(
        event_document(code).schema,
        call.language,
        now_here().replace(second=0, microsecond=0),
        None if body is None else body_code(body),
        "Actual" if call.realm is Realm.REAL else "Exercise",
        deciding_fields(EVENT_TYPES[code]),
    )
    if yaml:
        print(as_typed(commented(asked, full=full)), end="")
    else:
        print(json_text(filled(asked, full=full), indent=2))


def now_here() -> datetime:
    """Tell the time in the country's zone."""
    from cbrn_routing.rulebook.eras import LOCAL_TIME

    return datetime.now(LOCAL_TIME)

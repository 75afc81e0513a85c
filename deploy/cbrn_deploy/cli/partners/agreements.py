"""`cbrn partners agreements`: the sharing agreements checked, and in a table what reaches whom."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.completion import complete_kinds
from cbrn_deploy.cli.invocation import EXIT_BAD_INPUT, Invocation
from cbrn_deploy.cli.parameters import OnOption, UsageError, day_of, kind_code
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.sharing import AgreementError, Agreements, Written

AgreementsArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER", help="Folder of agreements, a YAML file each.  [default: CBRN_AGREEMENTS]", show_default=False
    ),
]


FieldsOption = Annotated[
    str | None,
    typer.Option(
        "--fields",
        metavar="KIND",
        help="List instead the names that an agreement may hold for this kind.",
        autocompletion=complete_kinds,
        show_default=False,
    ),
]


@Invocation.takes("lang", "json")
def show_agreements(
    call: Invocation, folder: AgreementsArgument = None, *, on: OnOption = None, fields: FieldsOption = None
) -> None:
    """Check the sharing agreements and show what reaches whom; exit status 2 with every mistake, by file and line."""
    if fields is not None:
        _show_fields(call, kind_code(fields))
        return
    from cbrn_deploy.cli.partners import agreements_screen
    from cbrn_routing.sharing import AgreementError, Agreements, guessable, read_salt

    named = folder or call.settings.agreements
    if named is None:
        raise UsageError("no folder of agreements is given", "Give FOLDER, or set CBRN_AGREEMENTS.")
    day = day_of(on)
    try:
        found = Agreements.read(named)
    except AgreementError as error:
        if call.as_json:
            print(json_text(_refused(named, error)))
        else:
            agreements_screen.print_problems(error.problems)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    if call.as_json:
        print(json_text(_as_json(named, found, day)))
    else:
        agreements_screen.print_agreements(found, day, call.language)
        agreements_screen.print_guessable(guessable(found, read_salt(named)), named, call.language)


def _show_fields(call: Invocation, kind: str) -> None:
    from cbrn_deploy.cli.partners import agreements_screen
    from cbrn_routing.sharing.vocabulary import free_texts, names_of, needed

    names = sorted(names_of(kind))
    if call.as_json:
        marks = [{"name": each, "needed": each in needed(kind), "free_text": each in free_texts()} for each in names]
        print(json_text({"kind": kind, "fields": marks}))
    else:
        agreements_screen.print_fields(names, needed(kind), free_texts(), call.language)


def _refused(folder: Path, error: AgreementError) -> dict[str, Any]:
    return {"folder": str(folder), "problems": [each.as_json() for each in error.problems]}


def _as_json(folder: Path, found: Agreements, day: date) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "on": day.isoformat(),
        "problems": [],
        "agreements": [_plain(each, day) for each in found.written],
    }


def _plain(written: Written, day: date) -> dict[str, Any]:
    agreement = written.agreement
    return {
        "file": written.file,
        "in_force": agreement.in_force(day),
        "digest": agreement.digest,
        "cautions": list(agreement.cautions()),
        **agreement.model_dump(mode="json", exclude_none=True),
    }

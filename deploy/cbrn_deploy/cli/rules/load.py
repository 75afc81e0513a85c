"""`cbrn rules load`: how many alerts each body would get, and who is told of what it has no task in."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the command, so that help is quick

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import BookArgument
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from cbrn_routing.compare import Load
    from cbrn_routing.rulebook import RuleBook


@Invocation.takes("realm", "servers", "lang", "json")
def load(
    call: Invocation,
    book: BookArgument = "national",
    *,
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Count these events: an archive, as `cbrn rules replay --save` writes one."
            "  [default: the book's own cases and the shipped examples]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Count the alerts that each body would get by BOOK, by severity and role, the most burdened first.

    Also the mean of bodies told of an event of each severity, and the rules that tell a body for which none of their
    bases writes a task. It reads files and nothing of the bus, which is asked only for a digest that is not at hand.
    """
    from cbrn_consumers.archive.replay_source import Span, check_files, replay_archive
    from cbrn_routing.compare import Evaluator, Load, untasked
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_routing.rulebook.eras import local_day

    check_files(archive, None)
    found = call.book(book).book
    today = local_day(datetime.now(UTC))
    counted = Load(Evaluator(found, Gazetteer(), today))
    if archive is None:
        _take_shipped(counted, found, today)
    else:
        replay_archive(archive, counted, Span(), lambda _: None)
    without = untasked(found)
    if call.as_json:
        print(json_text(counted.as_json() | {"without_task": [each._asdict() for each in without]}))
        return
    from cbrn_deploy.cli.rules.load_screen import show_load

    show_load(counted, without, call.language)


def _take_shipped(counted: Load, book: RuleBook, today: date) -> None:
    """Take the cases beside the rules, and the examples where the program runs from its checkout."""
    from cbrn_deploy.cli.operations.contracts import source_folder

    counted.take_cases(book, today)
    folder = source_folder()
    for file in sorted((folder / "examples").glob("*.json")) if folder is not None else ():
        counted.take_event(file.stem, file.read_bytes(), file.name)

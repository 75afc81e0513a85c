"""`cbrn rules diff` and `cbrn rules replay`: what another book would change, cell by cell and over what happened."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.completion import complete_books
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import MomentOption, OnOption, UsageError, day_of, moment
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXIT_DIFFERENT: Final = 1
COLLECT_EVERY: Final = 100_000
"""New objects, net, between two collections of the youngest: some ten a history of 100,000 events."""
RECORDED: Final = "recorded"


@Invocation.takes("realm", "servers", "lang", "json")
def diff(
    call: Invocation,
    before: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="The one rule book: national, a directory, a file, a digest.",
            autocompletion=complete_books,
        ),
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The other.", autocompletion=complete_books)],
    *,
    on: OnOption = None,
) -> None:
    """List the rules that differ between books A and B, and the cells in which they decide otherwise.

    As diff(1): exit status 0 if nothing differs, 1 if something does, 2 if a book cannot be read.
    """
    from cbrn_consumers.rulebooks.finding import find_books
    from cbrn_routing.compare import difference

    day = day_of(on)
    books = call.run(find_books((before, after), call.settings))
    found = difference(books[0].book, books[1].book, day)
    if call.as_json:
        print(json_text(found.as_json()))
    else:
        from cbrn_deploy.cli.rules.diff_screen import show_difference

        show_difference(books[0].label, books[1].label, found, call.language)
    if not found.same:
        raise typer.Exit(EXIT_DIFFERENT)


@Invocation.takes("realm", "servers", "lang", "json")
def replay(
    call: Invocation,
    book: Annotated[
        str,
        typer.Argument(
            metavar="BOOK",
            help="The book to judge by: national, a directory, a file, a digest.",
            autocompletion=complete_books,
        ),
    ] = "national",
    *,
    since: MomentOption = None,
    until: MomentOption = None,
    against: Annotated[
        str, typer.Option(metavar="BOOK", help="Compare with this book's decisions, or with what was recorded.")
    ] = RECORDED,
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Read this archive, not the bus: JSON lines of decision records and structured CloudEvents, or .gz.",
            show_default=False,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also save what was read as an archive (.gz: packed).", show_default=False),
    ] = None,
) -> None:
    """Replay history by BOOK and say for each body which alerts it would gain, lose or get otherwise.

    It reads bus.decisions and the events that they are about, or an archive; it joins no group, commits nothing and
    cannot write to the bus. Who was told only because of an earlier alert is left out of the comparison.
    """
    from cbrn_consumers.archive.replay_source import Span, archive_writer, check_files, replay_archive, replay_bus
    from cbrn_consumers.rulebooks.finding import find_books
    from cbrn_routing.compare import Evaluator, Replay
    from cbrn_routing.jurisdiction import Gazetteer

    if archive is not None and save is not None:
        raise UsageError("--save is for what is read from the bus", "Copy the archive; it is a file already.")
    now = datetime.now(UTC)
    span = Span(moment(since, now), moment(until, now))
    check_files(archive, save)
    names = (book,) if against == RECORDED else (book, against)
    gazetteer = Gazetteer()
    evaluators = [Evaluator(found.book, gazetteer) for found in call.run(find_books(names, call.settings))]
    judged = Replay(*evaluators)
    with _progress() as tell, _few_collections():
        if archive is not None:
            replay_archive(archive, judged, span, tell)
        else:
            with archive_writer(save) as write:
                call.run(replay_bus(call.settings, judged, span, tell, write))
    if call.as_json:
        print(json_text(judged.report.as_json()))
        return
    from cbrn_deploy.cli.rules.replay_screen import show_report

    show_report(judged.report, call.language)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the collector run seldom: a history makes no rubbish that refers to itself; looking takes half the time."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show a count on standard error while a person watches; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("0") as status:
        yield lambda count: status.update(f"{count}")

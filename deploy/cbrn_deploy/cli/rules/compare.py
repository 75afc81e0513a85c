"""`cbrn rules diff` and `cbrn rules replay`: what another book would change, cell by cell and over what happened."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import gc
import re
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.invocation import (
    EXIT_BAD_INPUT,
    Invocation,
    JsonOption,
    LangOption,
    RealmOption,
    ServersOption,
    complain,
    json_text,
    run,
)
from cbrn_deploy.cli.rules.check import day_of
from cbrn_deploy.cli.rules.show import OnOption  # noqa: TC001 - Typer reads it at run time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXIT_DIFFERENT: Final = 1
COLLECT_EVERY: Final = 100_000
"""New objects, net, between two collections of the youngest: some ten a history of 100,000 events."""
RECORDED: Final = "recorded"
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC)
_AGO: Final = re.compile(r"(\d{1,4})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Moment = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="2026-11-01, 2026-11-01T08:00Z, or how long ago: 36h, 7d.", show_default=False),
]


def diff(
    context: typer.Context,
    before: Annotated[
        str, typer.Argument(metavar="A", help="The one rule book: national, a directory, a file, a digest.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The other.")],
    *,
    on: OnOption = None,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the rules that differ between books A and B, and the cells in which they decide otherwise.

    As diff(1): exit status 0 if nothing differs, 1 if something does, 2 if a book cannot be read.
    """
    from cbrn_consumers.rulebooks.finding import BookNotFoundError, find_books
    from cbrn_routing.compare import difference

    invocation = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers, lang=lang)
    day = day_of(on)
    try:
        books = run(find_books((before, after), invocation.settings))
    except BookNotFoundError as error:
        complain(str(error), error.hint)
        raise typer.Exit(EXIT_BAD_INPUT) from None
    found = difference(books[0].book, books[1].book, day)
    if as_json:
        print(json_text(found.as_json()))
    else:
        from cbrn_deploy.cli.rules.diff_screen import show_difference

        show_difference(books[0].label, books[1].label, found, invocation.language)
    if not found.same:
        raise typer.Exit(EXIT_DIFFERENT)


def replay(
    context: typer.Context,
    book: Annotated[
        str,
        typer.Argument(metavar="BOOK", help="The book to judge by: national, a directory, a file, a digest."),
    ] = "national",
    *,
    since: Moment = None,
    until: Moment = None,
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
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge history again by BOOK and say for each body which alerts it would gain, lose or get otherwise.

    It reads bus.decisions and the events that they are about, or an archive; it joins no group, commits nothing and
    cannot write to the bus. Who was told only because of an earlier alert is left out of the comparison.
    """
    from cbrn_consumers.archive.replay_source import Span, archive_writer, check_files, replay_archive, replay_bus
    from cbrn_consumers.rulebooks.finding import find_books
    from cbrn_routing.compare import Court, Replay
    from cbrn_routing.jurisdiction import Gazetteer

    invocation = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers, lang=lang)
    if archive is not None and save is not None:
        complain("--save is for what is read from the bus", "Copy the archive; it is a file already.")
        raise typer.Exit(EXIT_BAD_INPUT)
    now = datetime.now(UTC)
    span = Span(moment(since, now), moment(until, now))
    check_files(archive, save)
    names = (book,) if against == RECORDED else (book, against)
    gazetteer = Gazetteer()
    courts = [Court(found.book, gazetteer) for found in run(find_books(names, invocation.settings))]
    judged = Replay(*courts)
    with _progress() as tell, _few_collections():
        if archive is not None:
            replay_archive(archive, judged, span, tell)
        else:
            with archive_writer(save) as write:
                run(replay_bus(invocation.settings, judged, span, tell, write))
    if as_json:
        print(json_text(judged.report.as_json()))
        return
    from cbrn_deploy.cli.rules.replay_screen import show_report

    show_report(judged.report, invocation.language)


def moment(text: str | None, now: datetime) -> datetime | None:
    """Read a time that a person gave, aware; a day begins at the country's midnight. What is none ends the command.

    What lies before or behind all that the bus can hold becomes the nearest time that Kafka knows.
    """
    from cbrn_routing.rulebook.eras import LOCAL_TIME

    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return max(now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}), _EARLIEST)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        complain(f"{text}: no such time", "Write 2026-11-01, 2026-11-01T08:00Z, or how long ago: 36h, 7d.")
        raise typer.Exit(EXIT_BAD_INPUT) from None
    aware = found if found.tzinfo is not None else found.replace(tzinfo=LOCAL_TIME)
    return min(max(aware, _EARLIEST), _LATEST)


@contextmanager
def _few_collections() -> Iterator[None]:
    """A history makes no rubbish that refers to itself: to look for it would take half of the time."""
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
    """A count on standard error while a person watches; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("0") as status:
        yield lambda count: status.update(f"{count}")

"""`cbrn standing`, `cbrn board`: who was told, who has answered, who is missing. They take part in nothing.

Both read the alerts and receipts of every body, as an officer of the bus may; with --body only that body's own, and
what the watch has told it of the others.
"""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import csv
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.alerts.answer import SituationArgument, unknown_situation
from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import ROWS, LimitOption, UsageError, body_code, moment
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cbrn_consumers.standing.reader import Read

SINCE: Final = "30d"
KEPT: Final = timedelta(days=90)
"""How long alerts are kept, and receipts."""

OnlyOption = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="BODY",
        help="Only this body: its own topics suffice.",
        show_default=False,
        autocompletion=complete_bodies,
    ),
]
CsvOption = Annotated[bool, typer.Option("--csv", help="One row a body, for a table.")]


@Invocation.takes("realm", "servers", "lang", "json")
def standing(
    call: Invocation, situation: SituationArgument, *, body: OnlyOption = None, as_csv: CsvOption = False
) -> None:
    """Show everybody who was told of SITUATION, and where each stands: who has answered, who is missing since when.

    After an update an answer is asked for anew where place, hazard, substance, severity or role has changed.
    """
    import unicodedata

    from cbrn_consumers.standing.reader import read_situation

    _one_form(call, as_csv=as_csv)
    situation, own = unicodedata.normalize("NFC", situation), None if body is None else body_code(body)
    read = call.run(read_situation(call.settings, situation, None if own is None else [own]))
    now, found = datetime.now(UTC), read.standings.of(situation)
    if found is None:
        error = unknown_situation(read, situation, own)
        raise call.refused(error)
    others = None if found.restricted else read.others
    if call.as_json:
        from cbrn_consumers.standing import others_json
        from cbrn_consumers.standing.as_json import standing_json

        told = None if others is None else others_json(others, now)
        print(json_text(standing_json(found, now, read.warnings) | {"others": told}))
    elif as_csv:
        _rows(read, [_row(found, party, now) for party in found.parties])
    else:
        from cbrn_deploy.cli.alerts.standing_screen import StandingScreen

        StandingScreen(call.language, now).show(found, read.warnings, others)


@Invocation.takes("realm", "servers", "lang", "json")
def board(
    call: Invocation,
    *,
    body: OnlyOption = None,
    since: Annotated[
        str, typer.Option(metavar="WHEN", help="Situations that were told of since: 24h, 7d, 2026-11-01.")
    ] = SINCE,
    month: Annotated[
        str | None,
        typer.Option(metavar="MONTH", help="Figures of a month instead, such as 2026-11.", show_default=False),
    ] = None,
    limit: LimitOption = ROWS,
    as_csv: CsvOption = False,
) -> None:
    """Show the situations that wait for an answer and who has not given it; with --month, how soon bodies answered.

    A month's figures: answers that were asked for, in time, late, missing; the median of the time to the answer, and
    within what time nine of ten came; by body and severity.
    """
    from cbrn_consumers.standing.reader import read_standings

    _one_form(call, as_csv=as_csv)
    now, own = datetime.now(UTC), None if body is None else [body_code(body)]
    begin, end = _month(month) if month is not None else (moment(since, now), now)
    read = call.run(read_standings(call.settings, own, since=begin))
    if read.standings.forgotten:
        read.warn(
            f"{read.standings.forgotten} situations had no room and are left out. Give a later --since, or --body."
        )
    if month is not None and begin is not None:
        if begin < now - KEPT:
            read.warn(f"alerts are kept for {KEPT.days} days, so the figures of {month} may not be whole")
        _show_month(call, read, begin, end, now, as_csv=as_csv)
    else:
        _show_board(call, read, now, limit, as_csv=as_csv)


def _show_board(call: Invocation, read: Read, now: datetime, limit: int, *, as_csv: bool) -> None:
    found = sorted((one for one in read.standings.all() if one.waiting()), key=lambda one: one.urgency(now))
    if call.as_json:
        from cbrn_consumers.standing.as_json import standing_json, stray_json

        apart = [stray_json(*stray) for stray in read.standings.strays()]
        whole = {"type": "board", "situations": [standing_json(one, now) for one in found], "not_counted": apart}
        print(json_text(whole | {"warnings": read.warnings}))
    elif as_csv:
        _rows(read, [_row(one, party, now) for one in found for party in one.parties])
    else:
        from cbrn_deploy.cli.alerts.standing_screen import StandingScreen

        screen = StandingScreen(call.language, now)
        screen.show_board(found[:limit], read.warnings, more=max(0, len(found) - limit))
        strays = list(read.standings.strays())
        for stray in strays[:limit]:
            screen.show_stray(*stray)
        screen.show_more(max(0, len(strays) - limit))


def _show_month(call: Invocation, read: Read, begin: datetime, end: datetime, now: datetime, *, as_csv: bool) -> None:
    from cbrn_consumers.standing import figures
    from cbrn_consumers.standing.as_json import figures_json

    found = figures(read.standings.all(), since=begin, until=end, now=now)
    if call.as_json:
        print(json_text({"type": "figures", "figures": list(map(figures_json, found)), "warnings": read.warnings}))
    elif as_csv:
        _rows(read, map(figures_json, found))
    else:
        from cbrn_deploy.cli.alerts.standing_screen import StandingScreen

        screen = StandingScreen(call.language, now)
        screen.show_figures(found)
        screen.show_warnings(read.warnings)


def _one_form(call: Invocation, *, as_csv: bool) -> None:
    if as_csv and call.as_json:
        raise UsageError("--csv and --json exclude each other", "Choose one of them.")


def _month(text: str) -> tuple[datetime, datetime]:
    """Return where a month begins and ends, by the country's clock."""
    from cbrn_schemas.events.time import LOCAL_TIME

    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    if found is None:
        raise UsageError(f"{text}: no such month", "Write it as 2026-11.")
    year, month = map(int, found.groups())
    begin = datetime(year, month, 1, tzinfo=LOCAL_TIME)
    return begin, (begin + timedelta(days=31)).replace(day=1)


def _row(*of: Any) -> dict[str, Any]:
    from cbrn_consumers.standing.as_json import row

    return row(*of)


def _rows(read: Read, rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as CSV, and on standard error what was left out."""
    written = None
    for each in rows:
        if written is None:
            written = csv.DictWriter(sys.stdout, list(each), lineterminator="\n")
            written.writeheader()
        written.writerow({name: _cell(value) for name, value in each.items()})
    for warning in read.warnings:
        complain(warning)


def _cell(value: Any) -> Any:
    """Write a cell: on one line, and never one that a spreadsheet would take for a formula."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text

"""What the commands about a watch take, and what that names: body, roster, log."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import require_part
from cbrn_deploy.cli.parameters import UsageError, body_code
from cbrn_deploy.cli.printing import complain

if TYPE_CHECKING:
    from cbrn_consumers.rota import Roster, ShiftLog
    from cbrn_deploy.cli.invocation import Invocation

SeatName = Literal["first", "second", "deputy"]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="BODY",
        help="Whose watch.  [default: CBRN_BODY]",
        show_default=False,
        autocompletion=complete_bodies,
    ),
]
ByOption = Annotated[str, typer.Option(metavar="PERSON", help="Who says so: post and surname.")]
SeatOption = Annotated[SeatName, typer.Option(help="Which seat.")]
DaysOption = Annotated[int, typer.Option(min=1, max=366, help="How many days, today among them.")]
NoteOption = Annotated[str | None, typer.Option(metavar="TEXT", help="What the next must know.", show_default=False)]


def body_of(call: Invocation, given: str | None) -> str:
    """Return the body whose watch it is: as given, else as set.

    Raises:
        MissingExtraError: calendars cannot be read here; what needs one asks for its body first.
    """
    require_part("rota")
    named = given or call.settings.body
    if not named:
        raise UsageError(
            "whose watch? No body is given", "Give its code with --body, such as --body mes, or set CBRN_BODY."
        )
    return body_code(named)


def roster_of(call: Invocation, code: str) -> Roster:
    """Read a body's roster, and say what is wrong with its files."""
    from cbrn_consumers.rota import read_roster

    roster = read_roster(call.settings.rota_dir, code)
    for finding in roster.findings:
        complain(str(finding), finding.remedy)
    return roster


def log_of(call: Invocation, roster: Roster) -> ShiftLog | None:
    """Read what was said of the watch; None, after a word of it, where the bus does not answer."""
    from cbrn_consumers.rota.reader import read_log
    from cbrn_schemas.errors import BusError

    try:
        log = call.run(read_log(call.settings, roster.rota.body))
    except BusError as error:
        complain(f"what was taken and tested is not known: {error}", error.hint)
        return None
    for warning in log.warnings:
        complain(warning)
    return log

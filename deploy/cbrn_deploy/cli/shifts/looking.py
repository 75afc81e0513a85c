"""`cbrn shift now`, `plan`, `check`: they look, and change nothing."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import moment
from cbrn_deploy.cli.printing import json_text
from cbrn_deploy.cli.shifts.options import BodyOption, DaysOption, body_of, log_of, roster_of


@Invocation.takes("realm", "servers", "lang", "json")
def now(
    call: Invocation,
    *,
    body: BodyOption = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="At another time than now.", show_default=False)
    ] = None,
) -> None:
    """Show who is on duty, until when, and whether a channel is known to reach them.

    It answers from the rota also where the bus does not: then it says that what was taken is not known.
    """
    from cbrn_deploy.cli.shifts.screen import ShiftScreen, duties, duty_json

    when = moment(at, datetime.now(UTC)) or datetime.now(UTC)
    roster = roster_of(call, body_of(call, body))
    log = log_of(call, roster)
    if call.as_json:
        for duty in duties(roster, log, when):
            print(json_text(duty_json(roster, log, duty)))
    else:
        ShiftScreen(roster, log, call.language).now(when)


@Invocation.takes("lang", "json")
def plan(call: Invocation, *, body: BodyOption = None, days: DaysOption = 7) -> None:
    """Show the shifts of the next days, holes in red; holidays beside them. It asks no broker."""
    from cbrn_consumers.rota import stretches
    from cbrn_deploy.cli.shifts.screen import ShiftScreen, stretch_json
    from cbrn_schemas.shift import SEATS

    since = datetime.now(UTC).replace(microsecond=0)
    roster = roster_of(call, body_of(call, body))
    if not call.as_json:
        ShiftScreen(roster, None, call.language).plan(since, days)
        return
    until = since + timedelta(days=days)
    shifts = roster.rota.between(since, until)
    for seat in (seat for seat in SEATS if seat in roster.rota.seats):
        for each in stretches(shifts, seat, since, until):
            print(json_text(stretch_json(seat, each)))


@Invocation.takes("realm", "servers", "lang", "json")
def check(call: Invocation, *, body: BodyOption = None, days: DaysOption = 14) -> None:
    """Check rota, officers and tests: status 1 on a hole, an overlap, an officer without a working channel.

    Each finding has its line or UID, and what to do. Tests count for the shifts that begin within a day.
    """
    from cbrn_deploy.cli.shifts.screen import ShiftScreen, finding_json, found

    since = datetime.now(UTC).replace(microsecond=0)
    roster = roster_of(call, body_of(call, body))
    log = log_of(call, roster)
    findings = found(roster, log, since, since + timedelta(days=days))
    if call.as_json:
        for each in findings:
            print(json_text(finding_json(each)))
    else:
        ShiftScreen(roster, log, call.language).findings(findings)
    if log is None or any(each.grave for each in findings):
        raise typer.Exit(EXIT_FAILED)

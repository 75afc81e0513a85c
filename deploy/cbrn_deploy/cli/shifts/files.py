"""`cbrn shift import` and `export`: a rota from and for any calendar program."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import content_of, moment
from cbrn_deploy.cli.printing import complain, json_text
from cbrn_deploy.cli.shifts.options import BodyOption, DaysOption, SeatOption, body_of, roster_of

if TYPE_CHECKING:
    from cbrn_consumers.rota import Finding, Rota


@Invocation.takes("lang", "json")
def import_rota(
    call: Invocation,
    file: Annotated[str, typer.Argument(metavar="FILE", help="iCalendar file, or - for standard input.")],
    *,
    body: BodyOption = None,
    days: DaysOption = 14,
) -> None:
    """Take a calendar in as the rota of BODY, replacing the former; what is wrong with it is shown.

    A calendar with an entry that cannot be used is refused, and the former stays. Holes and overlaps do not stop it.
    """
    from cbrn_consumers.rota import findings_between, keep_rota, read_rota, written
    from cbrn_deploy.cli.shifts.screen import finding_json

    code = body_of(call, body)
    rota = read_rota(content_of(file), code, file)
    refused = [each for each in rota.findings if each.grave]
    since = datetime.now(UTC).replace(microsecond=0)
    findings = refused or findings_between(rota, None, None, since, since + timedelta(days=days))
    if call.as_json:
        for each in findings:
            print(json_text(finding_json(each)))
    else:
        _show_findings(call, rota, findings)
    if refused:
        complain(f"{file} was not taken in: {len(refused)} of its entries cannot be used", "Correct them, try again.")
        raise typer.Exit(EXIT_FAILED)
    path = keep_rota(call.settings.rota_dir, code, written(rota.entries))
    if not call.as_json:
        print(path)


@Invocation.takes("lang")
def export(
    call: Invocation,
    *,
    body: BodyOption = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=366, help="Single shifts of so many days.  [default: the rota as it is]"),
    ] = None,
) -> None:
    """Print the rota as iCalendar, for any calendar program; posts stand in it, no numbers."""
    from cbrn_consumers.rota import entries_of, written

    rota = roster_of(call, body_of(call, body)).rota
    if days is None:
        typer.echo(written(rota.entries), nl=False)
        return
    since = datetime.now(UTC).replace(microsecond=0)
    shifts = rota.between(since, since + timedelta(days=days))
    typer.echo(written(_told_apart(entries_of(shifts))), nl=False)


@Invocation.takes("lang", "json")
def swap(
    call: Invocation,
    one: Annotated[str, typer.Argument(metavar="TIME", help="A time within the one shift, as 2026-12-01T09:00.")],
    other: Annotated[str, typer.Argument(metavar="TIME", help="A time within the other.")],
    *,
    body: BodyOption = None,
    seat: SeatOption = "first",
) -> None:
    """Let two officers exchange two shifts: each stands in for the other, and the rota stays as it was beside them."""
    from cbrn_consumers.rota import Stretch
    from cbrn_consumers.shifts.standing_in import keep_entries, shift_at, with_swap
    from cbrn_deploy.cli.shifts.screen import ShiftScreen, stretch_json

    roster = roster_of(call, body_of(call, body))
    now = datetime.now(UTC)
    one_shift, other_shift = (shift_at(roster.rota, seat, moment(text, now) or now) for text in (one, other))
    entries, made = with_swap(roster.rota, one_shift, other_shift)
    keep_entries(call.settings.rota_dir, None, roster.rota, entries)
    if call.as_json:
        for each in made:
            print(json_text(stretch_json(seat, Stretch(each.begins, each.ends, each))))
        return
    ShiftScreen(roster, None, call.language).swapped(made)


def _told_apart(entries: list[Any]) -> list[Any]:
    """Give each shift of a series a UID of its own."""
    from dataclasses import replace

    return [
        replace(each, uid=f"{each.begins.astimezone(UTC):%Y%m%dT%H%M%SZ}-{each.seat}-{each.uid}") for each in entries
    ]


def _show_findings(call: Invocation, rota: Rota, findings: list[Finding]) -> None:
    from cbrn_consumers.rota import Roster
    from cbrn_deploy.cli.shifts.screen import ShiftScreen

    ShiftScreen(Roster(rota, None, ()), None, call.language).findings(findings)

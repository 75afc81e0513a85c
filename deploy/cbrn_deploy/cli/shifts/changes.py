"""`cbrn shift take` and `handover`: the watch changes hands, with what is open."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.printing import json_text
from cbrn_deploy.cli.shifts.options import (
    BodyOption,
    ByOption,
    NoteOption,
    SeatOption,
    body_of,
    roster_of,
)

if TYPE_CHECKING:
    from cbrn_consumers.inbox import OwnAnswers, View
    from cbrn_consumers.rota import Roster
    from cbrn_schemas.shift import ShiftHandedOver, ShiftTaken

    Change = TypeVar("Change", ShiftTaken, ShiftHandedOver)


@Invocation.takes("realm", "servers", "lang", "json")
def take(
    call: Invocation,
    post: Annotated[
        str | None, typer.Argument(metavar="POST", help="Who takes it.  [default: as the rota says]")
    ] = None,
    *,
    by: ByOption,
    body: BodyOption = None,
    seat: SeatOption = "first",
    note: NoteOption = None,
) -> None:
    """Take the shift that is on, or begins within two hours; the situations that are open are printed.

    Who has taken it is on duty until that shift ends, also in another's place.
    """
    from cbrn_consumers.shifts.changing import taking

    roster = roster_of(call, body_of(call, body))
    fact = taking(call.settings, roster, seat, post, by=by, at=datetime.now(UTC), note=note)
    call.run(_published(call, roster, fact))


@Invocation.takes("realm", "servers", "lang", "json")
def handover(
    call: Invocation,
    post: Annotated[str | None, typer.Argument(metavar="POST", help="To whom.  [default: next by the rota]")] = None,
    *,
    by: ByOption,
    body: BodyOption = None,
    seat: SeatOption = "first",
    note: NoteOption = None,
) -> None:
    """Hand the shift over; the log of the situations that are open is printed, and named in the record."""
    from cbrn_consumers.rota.reader import read_log
    from cbrn_consumers.shifts import officer_of
    from cbrn_consumers.shifts.changing import handing_over

    at = datetime.now(UTC)
    roster = roster_of(call, body_of(call, body))
    if post is not None and roster.officers is not None:
        officer_of(roster, post)  # who has mistyped a name need not wait for a broker
    log = call.run(read_log(call.settings, roster.rota.body))
    fact = handing_over(call.settings, roster, log, seat, post, by=by, at=at, note=note)
    call.run(_published(call, roster, fact))


async def _published(call: Invocation, roster: Roster, fact: Change) -> None:
    """Say that a seat changes hands, with what is open; print both once Kafka has it."""
    from cbrn_consumers.shifts.changing import names_of, publish_change
    from cbrn_consumers.shifts.open_now import open_view

    view, own = await open_view(call.settings, roster.rota.body)
    _show_change(call, roster, await publish_change(call.settings, fact, names_of(view)), view, own)


def _show_change(call: Invocation, roster: Roster, fact: Change, view: View, own: OwnAnswers) -> None:
    from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
    from cbrn_deploy.cli.printing import console
    from cbrn_deploy.cli.shifts.screen import ShiftScreen
    from cbrn_schemas.catalogue.words import word

    if call.as_json:
        print(json_text(fact.model_dump(mode="json", exclude_none=True)))
        return
    ShiftScreen(roster, None, call.language).said(fact)
    print(f"{word('shift', 'open', call.language)}: {fact.open_count}")
    InboxScreen(call.language, own, console()).show_view(view, hidden=False)

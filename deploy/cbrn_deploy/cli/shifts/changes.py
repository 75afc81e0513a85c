"""`cbrn shift take` and `handover`: the watch changes hands, with what is open."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import UsageError
from cbrn_deploy.cli.printing import json_text
from cbrn_deploy.cli.shifts.options import (
    BodyOption,
    ByOption,
    NoteOption,
    SeatName,
    SeatOption,
    body_of,
    officer_of,
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
    from cbrn_consumers.rota import shift_to_take
    from cbrn_schemas.shift import ShiftTaken

    at = datetime.now(UTC)
    roster = roster_of(call, body_of(call, body))
    turn = shift_to_take(roster.rota, seat, at)
    if post is None and turn is None:
        raise UsageError("the rota has nobody on this seat now", "Say who takes it: `cbrn shift take POST --by ...`")
    _change(call, roster, ShiftTaken, post or (turn.post if turn else ""), seat, by=by, at=at, note=note)


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
    from cbrn_consumers.rota import duty_at
    from cbrn_consumers.rota.reader import read_log
    from cbrn_schemas.shift import ShiftHandedOver

    at = datetime.now(UTC)
    roster = roster_of(call, body_of(call, body))
    if post is not None:
        _stated(call, roster, ShiftHandedOver, post, seat, at=at, by=by, note=note)  # before a broker is asked
    log = call.run(read_log(call.settings, roster.rota.body))
    duty = duty_at(roster.rota, log, seat, at)
    after = duty_at(roster.rota, log, seat, max(duty.until, at))
    receiver = post or after.post
    if receiver is None or (post is None and receiver == duty.post):
        raise UsageError("the rota does not say who comes next", "Say to whom: `cbrn shift handover POST --by ...`")
    former = {} if duty.post is None else {"former": duty.post}
    _change(call, roster, ShiftHandedOver, receiver, seat, by=by, at=at, note=note, **former)


def _change(
    call: Invocation, roster: Roster, model: type[Change], post: str, seat: SeatName, *, at: datetime, **said: Any
) -> None:
    """Say that a seat changes hands, with what is open; print both once Kafka has it."""
    fact = _stated(call, roster, model, post, seat, at=at, **said)  # who has mistyped a name need not wait
    call.run(_published(call, roster, fact))


def _stated(
    call: Invocation, roster: Roster, model: type[Change], post: str, seat: SeatName, *, at: datetime, **said: Any
) -> Change:
    import uuid

    from cbrn_consumers.rota import until_of
    from cbrn_schemas.shift import state_fact

    code = roster.rota.body
    if roster.officers is not None:
        officer_of(roster, post)
    return state_fact(
        model,
        id=f"{code}.{uuid.uuid4().hex[:20]}",
        realm=call.realm,
        body=code,
        post=post,
        seat=seat,
        at=at,
        until=until_of(roster.rota, seat, post, at),
        **{name: value for name, value in said.items() if value is not None},
    )


async def _published(call: Invocation, roster: Roster, fact: Change) -> None:
    from cbrn_consumers.inbox import GroupType
    from cbrn_consumers.rota.reader import publish_fact
    from cbrn_schemas.shift import OPEN_MAX

    view, own = await _open_view(call, roster.rota.body)
    # What nobody could read is shown, and has no name that a record could hold.
    named = {GroupType.SITUATION, GroupType.UNANSWERED}
    names = tuple(dict.fromkeys(line.key.situation for line in view.lines if line.key.sort in named))
    fact = fact.model_copy(update={"open": names[:OPEN_MAX], "open_count": len(names)})
    await publish_fact(call.settings, fact)
    _show_change(call, roster, fact, view, own)


async def _open_view(call: Invocation, code: str) -> tuple[View, OwnAnswers]:
    """Read what a body was told and has not ended, what is to be answered first, and also what silences hide."""
    from dataclasses import replace

    from cbrn_consumers.inbox import in_order
    from cbrn_consumers.inbox.reader import InboxReader, Options
    from cbrn_schemas.topics import Lane

    async with InboxReader(call.settings, code, Options(lanes=(Lane.INCIDENTS,))) as reader:
        view = reader.inbox.view(reader.clock())
    hidden = [line for each in view.hidden for line in each.lines]
    matters = [one for one in in_order((*view.lines, *hidden), reader.answers, view.at) if not one.ended]
    lines = tuple(line for one in matters for line in (one.line, *one.beside))
    return replace(view, lines=lines, hidden=()), reader.answers


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

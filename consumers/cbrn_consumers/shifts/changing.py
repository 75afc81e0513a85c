"""A seat changes hands: the fact that says so, and its writing with what is open."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, TypeVar

from cbrn_consumers.inbox import GroupType
from cbrn_consumers.rota import duty_at, shift_to_take, until_of
from cbrn_consumers.rota.reader import publish_fact
from cbrn_consumers.shifts.errors import Refusal, RefusedError
from cbrn_consumers.shifts.naming import officer_of
from cbrn_schemas.shift import OPEN_MAX, ShiftHandedOver, ShiftTaken, state_fact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cbrn_consumers.inbox import View
    from cbrn_consumers.rota import Roster, ShiftLog
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.shift import Seat

    Change = TypeVar("Change", ShiftTaken, ShiftHandedOver)

NAMED = frozenset({GroupType.SITUATION, GroupType.UNANSWERED})
"""What nobody could read is shown, and has no name that a record could hold."""


def taking(
    settings: Settings, roster: Roster, seat: Seat, post: str | None, *, by: str, at: datetime, note: str | None = None
) -> ShiftTaken:
    """Make the statement that a post takes a seat, of the rota's choice where none is named; nothing is written yet.

    Raises:
        RefusedError: nobody is named, or nobody has that post.
        ShiftError: it cannot be stated so.
    """
    turn = shift_to_take(roster.rota, seat, at)
    if post is None and turn is None:
        said = "Say who takes it: `cbrn shift take POST --by ...`"
        raise RefusedError(Refusal.NOBODY_NOW, "the rota has nobody on this seat now", said)
    return stated(settings, roster, ShiftTaken, post or (turn.post if turn else ""), seat, at=at, by=by, note=note)


def handing_over(
    settings: Settings,
    roster: Roster,
    log: ShiftLog,
    seat: Seat,
    post: str | None,
    *,
    by: str,
    at: datetime,
    note: str | None = None,
) -> ShiftHandedOver:
    """Make the statement that whoever has a seat hands it over, to whom the rota names next if nobody is named.

    Raises as `taking` does.
    """
    duty = duty_at(roster.rota, log, seat, at)
    after = duty_at(roster.rota, log, seat, max(duty.until, at))
    receiver = post or after.post
    if receiver is None or (post is None and receiver == duty.post):
        said = "Say to whom: `cbrn shift handover POST --by ...`"
        raise RefusedError(Refusal.NOBODY_NEXT, "the rota does not say who comes next", said)
    return stated(settings, roster, ShiftHandedOver, receiver, seat, at=at, by=by, note=note, former=duty.post)


def stated(
    settings: Settings, roster: Roster, model: type[Change], post: str, seat: Seat, *, at: datetime, **said: Any
) -> Change:
    """Make the statement of a change of a seat until the shift ends; what is None is not said.

    Raises as `taking` does.
    """
    code = roster.rota.body
    if roster.officers is not None:
        officer_of(roster, post)
    return state_fact(
        model,
        id=f"{code}.{uuid.uuid4().hex[:20]}",
        realm=settings.realm,
        body=code,
        post=post,
        seat=seat,
        at=at,
        until=until_of(roster.rota, seat, post, at),
        **{name: value for name, value in said.items() if value is not None},
    )


def names_of(view: View) -> list[str]:
    """Return the situations that a view shows, the first to be answered first."""
    return list(dict.fromkeys(line.key.situation for line in view.lines if line.key.sort in NAMED))


async def publish_change(settings: Settings, fact: Change, names: Sequence[str], count: int | None = None) -> Change:
    """Write a change with the names of what is open, and how many there are; return it once Kafka has it.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    whole = {"open": tuple(names[:OPEN_MAX]), "open_count": len(names) if count is None else count}
    fact = fact.model_copy(update=whole)
    await publish_fact(settings, fact)
    return fact

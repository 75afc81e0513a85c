"""Whose watch a page is about, its files, and what may be shown of them: decided here for every page of the watch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch.bus import Bus
from cbrn_consumers.desk.web.rooms.watch.now import own_posts
from cbrn_consumers.rota import Rosters, RotaError
from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Visit
    from cbrn_consumers.rota import Roster, ShiftLog

BODY_CHARS_MAX = 32


def bus_of(visit: Visit) -> Bus:
    """Return the desk's one way to the bus for the pages of the watch."""
    state = visit.request.app.state
    if not hasattr(state, "watch_bus"):
        state.watch_bus = Bus(visit.desk.settings, visit.desk.store)
    return cast("Bus", state.watch_bus)


def body_of(visit: Visit, asked: str) -> str:
    """Return the body whose watch is shown: the own one, or one that this account sees.

    Another's is answered as one that does not exist.
    """
    body = asked or visit.scope.own
    if body not in bodies() or not visit.scope.sees(body):
        raise HTTPException(404)
    return body


def own_body(visit: Visit) -> str:
    """Return the body in whose name an account writes."""
    return body_of(visit, visit.scope.own)


async def roster_of(visit: Visit, body: str) -> Roster:
    """Read a body's rota and officers as the files say now.

    Raises:
        RotaError: there are none, or they cannot be used.
    """
    state = visit.request.app.state
    if not hasattr(state, "rosters"):
        state.rosters = Rosters(visit.desk.settings.rota_dir)
    rosters = cast("Rosters", state.rosters)
    return await asyncio.to_thread(rosters.of, body)


async def roster_or_problem(visit: Visit, body: str) -> tuple[Roster | None, RotaError | None]:
    """Read a body's rota and officers, or say why there are none."""
    try:
        return await roster_of(visit, body), None
    except RotaError as error:
        return None, error


def sees_numbers(visit: Visit, body: str) -> bool:
    """Tell whether the officers' numbers may be shown: to their own body's officers alone."""
    return body == visit.account.body and visit.may(Right.WATCH)


def posts_to_test(visit: Visit, roster: Roster, log: ShiftLog | None) -> frozenset[str]:
    """Return for which officers somebody may test channels: oneself, and for a shift leader everybody."""
    if roster.rota.body != visit.account.body or not visit.may(Right.WATCH) or roster.officers is None:
        return frozenset()
    if visit.may(Right.ROTA):
        return frozenset(each.post for each in roster.officers.officers)
    return own_posts(roster, log, visit.account.name, visit.account.shown, visit.now)

"""The health of the bus, for the crisis centre: its routers, the book in force, what the watch has found silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import own
from cbrn_consumers.desk.web.rooms.watch.health import health_of, silent_parts
from cbrn_consumers.desk.web.rooms.watch.problems import away_of
from cbrn_consumers.desk.web.visit import Visitor, needs

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Visit

router = APIRouter(prefix="/watch/bus")


@router.get("", dependencies=[needs(Right.READ)])
async def bus(visit: Visitor) -> Response:
    """Show how the bus is; where only one body is served there is no such page."""
    if not visit.scope.all:
        raise HTTPException(404)
    return await _show(visit)


async def _show(visit: Visit) -> Response:
    asked = own.bus_of(visit)
    reports, silent = await asked.reports(), await asked.silent()
    return visit.render(
        "watch/bus.html",
        health=health_of(reports.value or [], visit.now),
        unknown=reports.value is None,
        silent=None if silent.value is None else silent_parts(silent.value, visit.lang),
        away=away_of(visit, reports.problem or silent.problem),
    )

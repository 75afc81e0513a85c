"""The watch: who is on duty, the rota, channels, silences, notices, and for the crisis centre the health of the bus."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from cbrn_consumers.desk.accounts import Right
from cbrn_consumers.desk.web.rooms.watch import (
    channel_pages,
    duty_pages,
    health_page,
    notice_page,
    rota_pages,
    silence_pages,
)
from cbrn_consumers.desk.web.visit import Link, Room
from cbrn_consumers.desk.web.words import N_

router = APIRouter()
for _pages in (duty_pages, rota_pages, channel_pages, silence_pages, notice_page, health_page):
    router.include_router(_pages.router)

ROOM: Final = Room("watch", router, (Link("/watch", N_("Watch"), Right.READ),))

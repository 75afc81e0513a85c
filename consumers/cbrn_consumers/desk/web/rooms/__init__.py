"""The rooms of the desk, in the order of their doors at the head of a page. Each has its pages, and gives a `ROOM`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Room

__all__ = ["all_rooms"]


def all_rooms() -> tuple[Room, ...]:
    """Return every room."""
    from cbrn_consumers.desk.web.rooms import (  # noqa: PLC0415 - each of them imports this package first
        partners,
        people,
        picture,
        report,
        rules,
        signing,
        situations,
        stream,
        watch,
    )

    return tuple(each.ROOM for each in (stream, situations, picture, report, rules, watch, partners, people, signing))

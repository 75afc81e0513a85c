"""The rooms of the desk, in the order of their doors at the head of a page. Each is a module with a `ROOM`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from cbrn_consumers.desk.web.visit import Room

__all__ = ["all_rooms"]

ORDER: Final = ("stream", "situations", "picture", "report", "rules", "watch", "people", "signing")


def all_rooms() -> tuple[Room, ...]:
    """Return every room."""
    found = (f"{__name__}.{name}" for name in ORDER)
    return tuple(cast("Room", import_module(name).ROOM) for name in found if find_spec(name) is not None)

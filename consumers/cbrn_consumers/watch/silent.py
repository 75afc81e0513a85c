"""Which parts of the bus the watch has found silent, as it keeps them itself: read from its state, by anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.watch.memory import SILENT_KEY, WatchState
from cbrn_routing.bus.read import read_all
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cbrn_schemas.settings import Settings


async def read_silent(settings: Settings) -> Mapping[str, datetime]:
    """Return what is silent now by `<part>/<name>`, and when the watch noticed; empty where no watch has run.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    records = await read_all(settings, bus_topic(settings.realm, "state-watch"))
    said: dict[int, bytes] = {}
    for record in records:
        if record.key == SILENT_KEY and record.value is not None:
            said[record.partition] = record.value
    found: dict[str, datetime] = {}
    for value in said.values():
        state = WatchState(tuple)
        if not state.restore([(SILENT_KEY, value)]):
            found |= state.silent
    return found

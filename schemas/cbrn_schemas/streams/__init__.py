"""Every stream of the bus, once: its name, whose it is, who may write and read it, how long and how it is kept.

A stream is a pattern of topics. The names of topics, the plan of a cluster, the channels of the AsyncAPI document and
access rules follow from this table. A new stream is a row in `of_bodies` or `of_the_bus`, and its messages are in the
template of the AsyncAPI document.
"""

from __future__ import annotations

from typing import Final

from cbrn_schemas.streams.of_bodies import OF_BODIES
from cbrn_schemas.streams.of_the_bus import OF_THE_BUS
from cbrn_schemas.streams.stream import DAY_MS, Party, Stream, Whose, owners

__all__ = ["DAY_MS", "STREAMS", "Party", "Stream", "Whose", "owners"]

STREAMS: Final = (*OF_BODIES, *OF_THE_BUS)
"""In the order of the AsyncAPI document."""

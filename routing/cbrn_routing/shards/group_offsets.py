"""What a group is told of a shard's offsets: for those who watch the lag. A shard begins where its own state says."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiokafka import TopicPartition

TELL_EVERY_S: Final = 5.0
"""How often a transaction carries the group's offsets too: at two more round trips."""


class GroupOffsets:
    """Next offsets that the group has not been told."""

    def __init__(self, names: Mapping[TopicPartition, str]) -> None:
        """Take the `names` of the partitions among the shard's offsets."""
        self._names = names
        self._noted: dict[str, int] = {}
        self._untold: dict[TopicPartition, int] = {}
        self._told_at = 0.0

    def forget(self) -> None:
        """Begin anew, with another life of the shard."""
        self._noted, self._untold = {}, {}

    def note(self, offsets: Mapping[str, int]) -> None:
        """Take over the offsets of a transaction."""
        for partition, name in self._names.items():
            offset = offsets.get(name)
            if offset is not None and offset != self._noted.get(name):
                self._untold[partition] = offset
        self._noted = dict(offsets)

    def are_due(self) -> bool:
        """Tell whether there is news, and time to tell it."""
        return bool(self._untold) and asyncio.get_running_loop().time() - self._told_at >= TELL_EVERY_S

    def hurry(self) -> None:
        """Do not wait for the time to tell: it is the last transaction."""
        self._told_at = -math.inf

    def take(self) -> dict[TopicPartition, int]:
        """Return what is to be told now, if anything."""
        if not self.are_due():
            return {}
        self._told_at = asyncio.get_running_loop().time()
        told, self._untold = self._untold, {}
        return told

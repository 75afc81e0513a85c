"""What can go wrong while topics are provisioned, beside an unreachable broker."""

from __future__ import annotations

from cbrn_schemas.errors import BusError


class PartitionsDifferError(BusError):
    """The realm's topics, or some of them, have another number of partitions than planned; nothing was applied."""


class TopicNotReadyError(BusError):
    """The cluster refused a topic or a setting, or a topic did not come up in time."""

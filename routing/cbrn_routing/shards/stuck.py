"""Transactions of others that hold back a lane: a publisher opened one and does not end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import structlog

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

log = structlog.get_logger(__name__)

OPEN_FOR_S: Final = 10.0
"""A transaction that takes longer holds back everything behind it in its partition."""
AGAIN_S: Final = 60.0


class StuckReaders:
    """A look whether records lie behind an open transaction."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._since: dict[Any, tuple[int, float]] = {}
        self._told: dict[Any, float] = {}

    def look(self, now: float) -> None:
        """Warn of each partition whose stable end has not moved for ten seconds although more lies behind it."""
        for partition in self._consumer.assignment():
            stable, end = self._consumer.last_stable_offset(partition), self._consumer.highwater(partition)
            if stable is None or end is None or stable >= end:
                self._since.pop(partition, None)
                continue
            offset, since = self._since.setdefault(partition, (stable, now))
            if offset != stable:
                self._since[partition] = stable, now
            elif now - since >= OPEN_FOR_S and now - self._told.get(partition, -AGAIN_S) >= AGAIN_S:
                self._told[partition] = now
                log.warning(
                    "an open transaction of a publisher holds back what comes after it",
                    topic=partition.topic,
                    partition=partition.partition,
                    offset=stable,
                    waiting=end - stable,
                    open_for_s=round(now - since),
                    hint="The publisher must commit or abort it; the broker aborts it after the publisher's "
                    "transaction.timeout.ms, which the broker's transaction.max.timeout.ms should bound (30 s).",
                )

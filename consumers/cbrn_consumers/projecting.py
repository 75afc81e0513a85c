"""What keeps a database as Kafka is, for as long as a process runs: Kafka or the database away is waited for.

It takes part in nothing: no group, `read_committed`, from the offsets that stand in the database.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar, Final

import structlog

from cbrn_routing.bus.pauses import Pauses
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka import AIOKafkaConsumer, TopicPartition

AGAIN_AFTER_S: Final = (0.5, 1.0, 2.0, 5.0)
STEADY_S: Final = 60.0

log = structlog.get_logger(__name__)


class Projecting(ABC):
    """The loop of it. Trouble is told of once, until it is over or another."""

    behind: ClassVar[str]
    """What is said while Kafka or the database is away."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        """All that was there at the start is in the database."""
        self._stop = asyncio.Event()
        self._trouble: str | None = None

    @abstractmethod
    async def _follow(self) -> None:
        """Read until stopped, or until there are more topics than before.

        Raises:
            BusError: Kafka or the database does not answer.
        """

    def _let_go(self) -> None:  # noqa: B027 - most hold nothing beyond a reading
        """Forget what one reading held; another begins."""

    def stop(self) -> None:
        """Have `run` end soon."""
        self._stop.set()

    async def run(self) -> None:
        """Keep on until stopped."""
        pauses, loop = Pauses(AGAIN_AFTER_S, STEADY_S), asyncio.get_running_loop()
        while not self._stop.is_set():
            began = loop.time()
            try:
                await self._follow()
            except BusError as error:
                if self._trouble != str(error):
                    log.warning(self.behind, error=str(error), hint=error.hint)
                self._trouble = str(error)
                await self._pause(pauses.after(loop.time() - began))
            finally:
                self._let_go()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)


def heard_at(consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]) -> datetime | None:
    """Return when the broker that was heard longest ago had answered; None where one never has."""
    polled = [consumer.last_poll_timestamp(one) for one in partitions]
    if not polled or any(at is None or at <= 0 for at in polled):
        return None
    return datetime.fromtimestamp(min(polled) / 1000, UTC)

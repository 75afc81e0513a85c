"""The transactional producer of a shard: it fences whoever held the shard before, and commits what one batch comes to.

No call on it goes without a deadline or without a name in the log, where it takes long.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer

from cbrn_routing.bus.clock import check_clock, now_ms
from cbrn_routing.bus.inside import RETRY_MS, Wire
from cbrn_routing.bus.producer import cut, hear_of_breaks
from cbrn_routing.shards.outbox import BATCH_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from aiokafka import TopicPartition

    from cbrn_routing.shards.outbox import Outbox

TRANSACTION_TIMEOUT_MS: Final = 10_000
"""An open transaction holds back every reader; the broker ends it after this."""
COMMIT_DEADLINE_S: Final = 10.0
"""From the first batch sent to the commit's answer: a call without a deadline can hang for ever after a stop."""


class Writer:
    """A shard's producer while this process holds the shard. Made anew with each take-over."""

    def __init__(
        self, connection: dict[str, Any], identifier: str, waiting: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        """Take the connection, the shard's transactional id, and what names in the log what is waited for."""
        self.producer = AIOKafkaProducer(
            **connection,
            transactional_id=identifier,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES_MAX,
            linger_ms=0,
            retry_backoff_ms=RETRY_MS,
        )
        self.broken = asyncio.Event()
        """Set once a connection broke: no further transaction may begin (see `cbrn_routing.bus.producer`)."""
        self._wire = Wire(self.producer.client)
        self._waiting = waiting
        hear_of_breaks(self.producer, self.broken)

    async def start(self) -> None:
        """Fence the former holder."""
        with self._waiting("the broker to fence the former holder"):
            await self.producer.start()

    def waits_for(self) -> str | None:
        """Say what the brokers have not answered, or have refused."""
        return self._wire.waits_for()

    async def commit(self, outbox: Outbox | None, offsets: dict[TopicPartition, int], group: str) -> None:
        """Write all of an outbox and the group's offsets, or nothing.

        Raises:
            ClockError: this machine's clock is wrong.
            KafkaError, TimeoutError: it is not known to be committed.
        """
        self._wire.begin()
        async with asyncio.timeout(COMMIT_DEADLINE_S):
            await self.producer.begin_transaction()
            if outbox is not None:
                before = now_ms()
                with self._waiting("the brokers to take what is written"):
                    answers = await outbox.send(self.producer)
                check_clock(answers, before, now_ms())
            with self._waiting("the transaction to be committed"):
                if offsets:
                    await self.producer.send_offsets_to_transaction(offsets, group)
                await self.producer.commit_transaction()

    async def close(self) -> None:
        """Let the producer go. What it had open is aborted by the next holder, or by the broker's time-out."""
        with contextlib.suppress(Exception):  # it is being thrown away: nothing is owed to it
            await cut(self.producer)

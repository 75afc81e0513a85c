"""What a broker left open when it died: closed before anything is read that the same writer has written.

A broker can count a transaction as ended although its end was written into no partition: while it starts after a crash
it takes partitions without a leader for deleted ones and skips their markers (KAFKA-20734, Kafka 4.1 to 4.3, and
whatever comes next of the kind). What was abandoned then stays open under the writer's producer id, hidden from readers
who read only what is committed, until that producer id ends its next transaction: and would be committed with it.

So whoever starts a transactional producer has what was promised committed (see `promises`), and then begins with a
transaction that touches every partition that it may write, and aborts it. The markers of that abort end whatever hangs.
It also makes the new epoch known in every partition, to old producers too. See docs/decisions/broker-crashes.md.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

KEY: Final = b"bus/leftovers"
"""Key of the records that are never committed; compacted topics want one."""
LOOK_AGAIN_S: Final = 0.02


async def close_leftovers(
    producer: AIOKafkaProducer, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Any]:
    """Open a transaction over all partitions and abort it; return what the broker said of each record in it.

    Raises:
        KafkaError: the broker refused; nothing may be read or written before it has worked.
    """
    wanted = list(partitions)
    # Asked for at once: the client would ask for one topic after the other, with the transaction's time running.
    await producer.client.set_topics({one.topic for one in wanted})
    await producer.begin_transaction()
    sent: list[asyncio.Future[Any]] = []
    try:
        for one in wanted:
            sent.append(  # noqa: PERF401 - what was sent before an error is looked at, too
                await producer.send(one.topic, b"", key=KEY, partition=one.partition)
            )
    except BaseException:
        asyncio.gather(*sent, return_exceptions=True)  # looked at, or asyncio would report each as forgotten
        raise
    taken = await asyncio.gather(*sent)
    await producer.abort_transaction()
    return {TopicPartition(each.topic, each.partition): each for each in taken}


async def until_closed(reader: AIOKafkaConsumer, records: dict[TopicPartition, Any]) -> None:
    """Wait until each partition's stable end lies behind the record written into it: the markers have arrived.

    Ask it of partitions that nobody else writes to: elsewhere a transaction of another may hold the end back. `reader`
    reads committed records only. It waits for ever: set a time limit around it.
    """
    waiting = dict(records)
    while waiting:
        ends = await reader.end_offsets(list(waiting))
        waiting = {partition: record for partition, record in waiting.items() if ends[partition] <= record.offset}
        if waiting:
            await asyncio.sleep(LOOK_AGAIN_S)

"""A hostile header name on a real broker: the client library's seam still holds."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_routing.bus.header_names import forgive_header_names
from cbrn_routing.shards.encoding import RecordBatch, encode_record


class Hostile(str):
    """A header name that goes out as bytes that no UTF-8 reader takes."""

    __slots__ = ()

    def encode(self, *_):
        return b"\xff\xfe"


async def test_a_consumer_reads_on_behind_a_name_that_is_no_utf8(kafka, topics):
    """Otherwise one record of one agency would stall every other agency's incidents."""
    (topic,) = await topics(["forgiving"])
    forgive_header_names()
    producer = AIOKafkaProducer(
        **kafka.settings().connection(),
        transactional_id="forgiving",
        transaction_timeout_ms=10_000,
        acks="all",
    )
    await producer.start()
    try:
        batch = RecordBatch(1_795_000_000_123)
        for name in ("ce_id", Hostile("hostile"), "ce_id"):
            batch.add(encode_record(b"key", b"value", [(name, b"1")]))
        async with producer.transaction():
            await (await producer.send_batch(batch, topic, partition=0))
    finally:
        await producer.stop()
    consumer = AIOKafkaConsumer(**kafka.settings().connection(), group_id=None, isolation_level="read_committed")
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        found = []
        async with asyncio.timeout(20):
            while len(found) < 3:
                found += (await consumer.getmany(partition, timeout_ms=200)).get(partition, [])
    finally:
        await consumer.stop()
    assert [record.headers[0][0] for record in found] == ["ce_id", "??", "ce_id"]

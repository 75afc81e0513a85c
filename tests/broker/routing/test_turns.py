"""Fair turns on a real broker: a publisher is not kept waiting by what lies there of another one.

Counted in batches, not in seconds: how long a batch takes is the machine's affair.
"""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_routing.shards.turns import Line, Turns
from cbrn_schemas.topics import from_topic

BACKLOG = 20_000
AT_ONCE = 1_000


async def publish(producer, one, records):
    """So many records of the usual size, in as few batches as the broker takes."""
    left = records
    while left:
        batch = producer.create_batch()
        while left and batch.append(key=b"key", value=bytes(1000), timestamp=None) is not None:
            left -= 1
        await (await producer.send_batch(batch, one.topic, partition=one.partition))


async def batches(turns, until):
    """The batches that a shard takes and commits, up to the first with a record of this publisher."""
    taken = []
    while not taken or until not in taken[-1]:
        fetched = await turns.take(AT_ONCE, 200)
        turns.over(turns.hand_over())
        if fetched:
            taken.append(fetched)
    return taken


async def test_behind_twenty_thousand_records_of_one_publisher_anothers_is_in_the_first_or_second_batch(realm_of):
    """And of the backlog nothing is left out, or comes twice or out of order."""
    settings = await realm_of("mes", "moh")
    flooder, other = (TopicPartition(from_topic(settings.realm, body, "incidents"), 0) for body in ("mes", "moh"))
    connection = settings.connection()
    async with (
        AIOKafkaProducer(**connection, acks="all", max_batch_size=900_000) as producer,
        AIOKafkaConsumer(**connection, isolation_level="read_committed", auto_offset_reset="earliest") as consumer,
    ):
        await publish(producer, flooder, BACKLOG)
        await publish(producer, other, 1)
        consumer.assign([flooder, other])
        turns = Turns(consumer, [flooder, other], Line())
        first = await batches(turns, until=other)
        assert len(first) <= 2
        offsets = [record.offset for batch in first for record in batch.get(flooder, ())]
        while len(offsets) < BACKLOG:
            offsets += [record.offset for record in (await turns.take(AT_ONCE, 200)).get(flooder, ())]
            turns.over(turns.hand_over())
        assert offsets == list(range(BACKLOG))

"""MirrorMaker between two secured clusters: nothing lost, doubled or altered, whatever is killed; nothing else crosses.

One life with all faults in it: a MirrorMaker needs ten seconds to start, and as long after a kill.
"""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.mirror import (
    BACK,
    OTHERS,
    OUT,
    OUTGOING,
    SHARDS,
    Reading,
    Writing,
    border,
    caught_up,
    clusters,
    until,
)
from tests.builders.thorough import whole_only

from cbrn_deploy.mirrormaker.mending import mend
from cbrn_deploy.mirrormaker.process import fetch

ABORTED = b"taken back"


@pytest.fixture(scope="module")
async def between(ram_folder):
    """Both clusters, and a MirrorMaker that was not yet started."""
    await asyncio.to_thread(fetch)
    with TemporaryDirectory(dir=ram_folder, ignore_cleanup_errors=True) as made:
        ours, theirs = clusters(Path(made))
        with contextlib.ExitStack() as running, ThreadPoolExecutor() as pool:
            for kafka in pool.map(running.enter_context, (ours, theirs)):
                assert kafka.pids
            found = await border(ours, theirs, Path(made))
            running.callback(found.maker.kill)
            yield found


async def abort(kafka, topic):
    """Write in a transaction that is taken back."""
    producer = AIOKafkaProducer(
        **kafka.settings().connection(), transactional_id=f"test.{topic}", transaction_timeout_ms=10_000, acks="all"
    )
    try:
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, ABORTED, partition=0)
        await producer.abort_transaction()
    finally:
        await producer.stop()


async def send(kafka, topic, value):
    async with AIOKafkaProducer(**kafka.settings().connection(), acks="all") as producer:
        await producer.send_and_wait(topic, value, partition=0)


@whole_only
async def test_nothing_is_lost_doubled_or_altered_whatever_is_killed_and_nothing_else_crosses(between, caplog):
    """Record by record, in both directions, under the rights that the plan gives MirrorMaker and no more."""
    caplog.set_level("CRITICAL", logger="aiokafka")
    maker, ours, theirs = between.maker, between.ours, between.theirs
    async with contextlib.AsyncExitStack() as going:
        on = going.enter_async_context
        out = [await on(Reading(kafka, OUT, SHARDS).going_on()) for kafka in (ours, theirs)]
        back = [await on(Reading(*end, 1).going_on()) for end in ((theirs, OUTGOING), (ours, BACK))]
        others = [await on(Reading(theirs, topic, SHARDS).going_on()) for topic in OTHERS]
        for topic in OTHERS:
            await send(ours, topic, b"not for them")
        maker.start()
        async with Writing(ours, OUT, SHARDS).going_on() as one, Writing(theirs, OUTGOING, 1).going_on() as other:
            await until(lambda: out[1].found and back[1].found)
            await abort(ours, OUT)
            await abort(theirs, OUTGOING)
            maker.kill()
            await mend(between.mirror.properties())
            maker.start()
            await caught_up(out, back)
            for kafka in (ours, theirs):
                await asyncio.to_thread(kafka.kill_broker, 1)
                await asyncio.to_thread(kafka.start_broker, 1)
            # As `cbrn mirror run` does where MirrorMaker stands still: what a broker has left open is ended.
            maker.kill()
            await mend(between.mirror.properties())
            maker.start()
            await caught_up(out, back)
        for writing, (here, there) in ((one, out), (other, back)):
            await until(lambda writing=writing, here=here: len(here.found) >= writing.written)
            await caught_up((here, there))
        # Whatever came twice would lie close behind.
        await send(ours, OUT, b"last")
        await until(lambda: b"last" in {value for _, value, _ in out[0].said(0)})
        await caught_up(out)
    for here, there in (out, back):
        for partition in range(here.partitions):
            assert len(here.said(partition)) > 100
            assert there.said(partition) == here.said(partition)
    for partition in range(SHARDS):
        assert out[1].times(partition) == out[0].times(partition)
    assert ABORTED not in {value for reading in (*out, *back) for _, value, _ in reading.said(0)}
    assert [reading.found for reading in others] == [{}, {}, {}]

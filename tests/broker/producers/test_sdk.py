"""Publishing through the SDK on a real broker."""

import asyncio
import json
import uuid
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cbrn_producers import Agency, BrokerUnreachableError, NotAcknowledgedError, Receipt, UnknownTopicError
from cbrn_producers.connection import Connection
from cbrn_routing.bus.read import read_all
from cbrn_schemas.events import TailingsFailure, Text, Where

pytestmark = pytest.mark.broker


@pytest.fixture(scope="session")
async def settings(kafka):
    made = kafka.settings()
    admin = AIOKafkaAdminClient(**made.connection())
    await admin.start()
    try:
        names = {"cbrn.from.mes.incidents", "cbrn.from.mes.monitoring"} - set(await admin.list_topics())
        await admin.create_topics([NewTopic(name, 4, 1) for name in sorted(names)])
    finally:
        await admin.close()
    return made


def failure(situation):
    return TailingsFailure(
        body="mes",
        observed=datetime(2026, 5, 1, 6, tzinfo=UTC),
        reported=datetime(2026, 5, 1, 6, 5, tzinfo=UTC),
        where=Where(site="F04"),
        situation=situation,
        state="breached",
        texts={"ru": Text(headline="Прорыв дамбы")},
    )


async def found(settings, situation):
    records = await read_all(settings, "cbrn.from.mes.incidents")
    return [record for record in records if record.key == situation.encode()]


async def test_event_is_stored_where_the_receipt_says(settings):
    """The receipt is the agency's proof that it reported."""
    situation = f"KG-{uuid.uuid4()}"
    async with Agency("mes", system="post-1", settings=settings) as mes:
        receipt = await mes.publish(failure(situation))
    (record,) = await found(settings, situation)
    headers = dict(record.headers)
    assert (receipt.topic, receipt.partition, receipt.offset) == (record.topic, record.partition, record.offset)
    assert headers["ce_id"].decode() == receipt.id
    assert headers["ce_source"] == b"/mes/post-1"
    assert json.loads(record.value)["situation"] == situation


async def test_receipt_warns_of_what_is_doubtful(settings):
    """The broker has the event; that it is old and says no severity, the agency hears with the receipt."""
    async with Agency("mes", settings=settings) as mes:
        receipt = await mes.publish(failure(f"KG-{uuid.uuid4()}"))
    assert [(each.doubt, each.where) for each in receipt.warnings] == [
        ("severity-missing", "severity"),
        ("reported-late", "reported"),
    ]


async def test_pipelined_events_are_all_stored_in_their_order(settings):
    """Readings come by the thousand; order within a key must hold none the less."""
    situation = f"KG-{uuid.uuid4()}"
    ids = [f"{situation}-{number}" for number in range(500)]
    async with Agency("mes", settings=settings) as mes:
        outcomes = await mes.publish_many((failure(situation), name) for name in ids)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert [dict(record.headers)["ce_id"].decode() for record in await found(settings, situation)] == ids


async def test_missing_topic_is_told_at_start(settings):
    """Aiokafka would ask for it for ever, and say nothing."""
    connection = Connection(settings, client_id="x", topics=["cbrn.from.nobody.incidents"], connect_within_s=15)
    with pytest.raises(UnknownTopicError, match=r"cbrn\.from\.nobody\.incidents"):
        await connection.producer()


async def test_unreachable_broker_is_told_in_bounded_time():
    """An agency's program must not hang where nobody sees it."""
    with pytest.raises(BrokerUnreachableError, match="127"):
        async with Agency("mes", bootstrap_servers="127.0.0.1:9", connect_within_s=0.3):
            pass


async def tried_again(publish):
    """Publish as an agency does whose broker comes to itself slowly."""
    for _ in range(20):
        with suppress(NotAcknowledgedError):
            return await publish()
    return await publish()


async def test_frozen_broker_ends_in_an_error_and_a_retry_with_the_same_id_arrives(settings, kafka):
    """The worst case: accepted by nobody, refused by nobody. The wait is bounded, and the agency can go on."""
    situation = f"KG-{uuid.uuid4()}"
    async with Agency("mes", settings=settings, acknowledge_within_s=1.0) as mes:
        await mes.publish(failure(f"{situation}-warm"))
        await asyncio.to_thread(kafka.pause_broker, 1)
        try:
            with pytest.raises(NotAcknowledgedError, match="acknowledged"):
                await mes.publish(failure(situation), event_id=situation)
        finally:
            await asyncio.to_thread(kafka.resume_broker, 1)
        receipt = await tried_again(lambda: mes.publish(failure(situation), event_id=situation))
    records = await found(settings, situation)
    assert receipt.offset in {record.offset for record in records}
    assert {dict(record.headers)["ce_id"].decode() for record in records} == {situation}

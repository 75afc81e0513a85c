"""The watch on a real broker: an answer that does not come is an alarm within two seconds of its time, once."""

import asyncio
import contextlib
import time
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from tests.builders.golden import event

from cbrn_consumers.alert import read_alert
from cbrn_consumers.answering import receipt_for
from cbrn_consumers.watch import Watch
from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.receipt import receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import Realm, bus_topic, to_topic
from cbrn_schemas.unanswered import UNANSWERED_TYPE, Conclusion, Unanswered

pytestmark = pytest.mark.broker

BODIES = ("mes", "moh", "mes-cmc")
WITHIN_S = 60
POLICIES = """
crisis_centre: mes-cmc
policies:
  - name: one
    accept: {lead: 1m}
    steps: [{to: second-officer, tell: [mes]}, {to: crisis-centre, after: 1m}]
"""


class Bus:
    """A realm of three bodies, a router's hand, and a watch whose clock can be set forward."""

    def __init__(self, settings, producer):
        self.settings, self.producer = settings, producer
        self.ahead = timedelta(0)
        self.written = 0

    def now(self):
        return datetime.now(UTC) + self.ahead

    async def tell(self, *bodies, name, within=timedelta(minutes=10), **headers):
        self.written += 1
        said = event("chemical-release", situation=name, status="Exercise")
        for body in bodies:
            given = binary_headers(
                id=f"e-{self.written}",
                source="/mes",
                type="kg.cbrn.incident.chemical-release.v1",
                time=rfc3339(self.now()),
            )
            order = {"role": "lead", "rule": "a-rule", "rulebook": "0" * 12, "place": "41708203"} | headers
            order["acknowledge_by"] = rfc3339(self.now() + within)
            given += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
            value = said.model_dump_json(exclude_none=True).encode()
            topic = to_topic(self.settings.realm, body, "alerts")
            await self.producer.send_and_wait(topic, value, key=name.encode(), headers=given)

    async def receipt(self, name, act, **said):
        """Moh's answer to the first alert of a situation."""
        found = await read_all(self.settings, to_topic(self.settings.realm, "moh", "alerts"))
        alerts = (read_alert(record) for record in found if ("cbrn_rule", b"a-rule") in record.headers)
        alert = next(each for each in alerts if getattr(each.event, "situation", None) == name)
        return receipt_for(alert, act, realm=self.settings.realm, body="moh", at=self.now(), by="Duty Asanov", **said)

    async def write(self, receipt, key=None, **where):
        own, headers, value = record_of(receipt)
        topic = receipts_topic(self.settings.realm, "moh")
        await self.producer.send_and_wait(topic, value, key=key or own, headers=headers, **where)

    async def answer(self, name, act, *, partition=None, **said):
        await self.write(await self.receipt(name, act, **said), partition=partition)

    async def alarms(self):
        """Who was asked or told of what, in order of time."""
        topics = [to_topic(self.settings.realm, body, "alerts") for body in BODIES]
        found = sorted(await read_all(self.settings, *topics), key=lambda record: record.timestamp)
        alerts = [
            (record.topic.split(".")[2], read_alert(record))
            for record in found
            if ("ce_type", UNANSWERED_TYPE.encode()) in record.headers
        ]
        return [(body, alert) for body, alert in alerts if isinstance(alert.event, Unanswered)]

    async def until(self, number):
        async with asyncio.timeout(WITHIN_S):
            while len(found := await self.alarms()) < number:  # noqa: ASYNC110 - Kafka is asked
                await asyncio.sleep(0.05)
        return found

    async def conclusions(self):
        found = await read_all(self.settings, bus_topic(self.settings.realm, "standing"))
        return [Conclusion.model_validate_json(record.value).outcome for record in found]

    @contextlib.asynccontextmanager
    async def watched(self):
        watch = Watch(MemberOptions(self.settings, clock=self.now), bodies=BODIES)
        worker = Worker(watch)
        task = asyncio.create_task(worker.run())
        try:
            await asyncio.wait_for(worker.ready.wait(), WITHIN_S)
            yield watch
        finally:
            worker.stop()
            await asyncio.wait_for(task, WITHIN_S)


async def counted(watch, what, number):
    """Wait until the watch has met so many of something."""
    async with asyncio.timeout(WITHIN_S):
        while watch.counts[what] < number:  # noqa: ASYNC110 - a counter tells nobody
            await asyncio.sleep(0.05)


@pytest.fixture
async def bus(realm_of, tmp_path):
    (tmp_path / "escalation.yaml").write_text(POLICIES)
    settings = (await realm_of(*BODIES)).model_copy(update={"escalation": tmp_path})
    producer = AIOKafkaProducer(**settings.connection())
    await producer.start()
    yield Bus(settings, producer)
    await producer.stop()


async def test_a_missing_answer_is_passed_on_in_two_seconds_and_once_through_restarts(bus):
    """The promise: no alert is forgotten, and nobody is woken twice for one step."""
    async with bus.watched():
        await bus.tell("moh", name="KG-1", within=timedelta(seconds=3))
        due = time.monotonic() + 3
        first = await bus.until(2)
        assert time.monotonic() - due < 2
    assert {(body, alert.role, alert.level) for body, alert in first} == {("moh", "lead", 1), ("mes", "inform", 1)}
    assert first[0][1].event.lacking == "not-acknowledged"
    async with bus.watched():
        bus.ahead = timedelta(minutes=2)
        second = await bus.until(3)
    assert [(body, alert.level) for body, alert in second[2:]] == [("mes-cmc", 2)]
    bus.ahead = timedelta(days=3)
    async with bus.watched():
        await bus.tell("moh", name="KG-2", within=timedelta(seconds=0))
        found = await bus.until(5)
    assert [alert.event.situation for _, alert in found] == ["KG-1"] * 3 + ["KG-2"] * 2
    assert (await bus.conclusions()) == ["passed-on"] * 3


async def test_answers_count_wherever_their_records_lie_and_a_declined_alert_is_handed_over(bus):
    """A body's program may place records by another hash: the watch passes them on to itself."""
    names = [f"KG-{number}" for number in range(8)]
    async with bus.watched() as watch:
        for name in names:
            await bus.tell("moh", name=name)
        await bus.answer("KG-0", "declined", reason="no team there")
        (declined,) = await bus.until(1)
        assert (declined[0], declined[1].level, declined[1].event.lacking) == ("mes-cmc", 1, "declined")
        assert declined[1].event.reason == "no team there"
        for number, name in enumerate(names[1:]):
            await bus.answer(name, "accepted", partition=number % 2)
        await counted(watch, "answers", len(names))
        bus.ahead = timedelta(hours=3)
        await asyncio.sleep(3)
    assert {alert.event.situation for _, alert in await bus.alarms()} == {"KG-0"}


async def test_what_says_nothing_to_the_watch_stops_nothing(bus):
    """Nonsense in both topics, a receipt by another body's name, one of the real realm, one after the close."""
    async with bus.watched() as watch:
        alerts, receipts = to_topic(bus.settings.realm, "moh", "alerts"), receipts_topic(bus.settings.realm, "moh")
        for topic in (alerts, receipts):
            await bus.producer.send_and_wait(topic, b"\xff{", key=b"KG-1", headers=[("ce_id", b"")])
            await bus.producer.send_and_wait(topic, None, key=b"KG-1")
        await bus.tell("moh", name="KG-1")
        given = await bus.receipt("KG-1", "accepted")
        for wrong in (
            given.model_copy(update={"body": "mes", "id": "mes.x"}),
            given.model_copy(update={"realm": Realm.REAL}),
            given.model_copy(update={"situation": "KG-9"}),
        ):
            await bus.write(wrong, key=b"KG-1")
        await counted(watch, "left_out", 7)
        bus.ahead = timedelta(minutes=11)
        found = await bus.until(2)
    assert {alert.event.situation for _, alert in found} == {"KG-1"}

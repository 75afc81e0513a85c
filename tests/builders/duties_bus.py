"""A realm with duties for tests on a real broker: the router's dispatcher, a clerk, persons with keys."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from aiokafka import AIOKafkaProducer
from tests.builders.golden import example
from tests.builders.router import Arrived, Written

from cbrn_consumers.alert import read_alert
from cbrn_consumers.deciding import Person
from cbrn_consumers.duties import Clerk, find_duty, read_log, release
from cbrn_consumers.duties.decided import plan_release
from cbrn_consumers.duties.persons import signed
from cbrn_deploy.processes.router import engine_of
from cbrn_routing.activation import PrivateKey, Signer, trust_lines
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.router import Dispatcher, Tally
from cbrn_routing.router.state import ShardState
from cbrn_routing.rulebook import national_rulebook
from cbrn_routing.signing.releases import sign
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.events import ce_type
from cbrn_schemas.person_decision import DutyDecision, record_of
from cbrn_schemas.topics import Lane, bus_topic, decisions_topic, from_topic, to_topic

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ENC = "KG-2026-dam/enc-tailings"
THEFT = "KG-2026-theft/icsant-offence"


PEOPLE = ("A. Asanova", "B. Bekov")


TIMES = {"observed": "2026-11-23T05:40:00Z", "reported": "2026-11-23T05:50:00Z"}


def dam(**changes):
    """A dam that has broken, in an exercise."""
    known = {"body": "mes", "status": "Exercise", "situation": "KG-2026-dam", **TIMES}
    return example("tailings-failure", **{**known, **changes})


def arrived(data, identifier, realm):
    """A record of an ingress topic."""
    headers = binary_headers(id=identifier, source="/mes", type=ce_type(data["kind"]), time="2026-11-23T05:50:00Z")
    topic = from_topic(realm, "mes", "incidents")
    return Arrived(json.dumps(data).encode(), headers, topic, data["situation"].encode())


class Bench:
    """A realm with a router's dispatcher in front of it, a clock that is turned by hand, and two persons with keys."""

    def __init__(self, settings, signers):
        self.keys = {name: PrivateKey.generate() for name in PEOPLE}
        signers.write_text("\n".join(trust_lines(Signer(name, "mes", key.public)) for name, key in self.keys.items()))
        self.settings, self.now = settings.model_copy(update={"rulebook_signers": signers}), NOW
        self.dispatcher = Dispatcher(settings.realm, Lane.INCIDENTS, engine_of(national_rulebook(), Gazetteer()))
        self.state = ShardState()

    async def publish(self, identifier, *, data=None, **changes):
        """What the router would write for an event, in one transaction's worth of records."""
        written = Written()
        records = [arrived(data or dam(**changes), identifier, self.settings.realm)]
        self.dispatcher.dispatch(records, self.state, written, self.now, Tally())
        producer = AIOKafkaProducer(**self.settings.connection())
        await producer.start()
        try:
            for topic, key, value, headers in written.sent:
                if topic == bus_topic(self.settings.realm, "duties"):
                    await producer.send_and_wait(topic, value, key=key, headers=headers, partition=1)
        finally:
            await producer.stop()

    @asynccontextmanager
    async def clerk(self):
        clerk = Clerk(self.settings, clock=lambda: self.now)
        running = asyncio.create_task(clerk.run())
        try:
            async with asyncio.timeout(30):
                await clerk.ready.wait()
            yield clerk
        finally:
            clerk.stop()
            await asyncio.wait_for(running, 15)

    async def worked(self):
        """One clerk's life: it reads, sees to all that is there, and ends."""
        async with self.clerk():
            pass

    async def duty(self, identifier=ENC):
        return find_duty(await read_log(self.settings), identifier)

    def person(self, name):
        """Who signs with the key of the trust file."""
        return Person(f"{name} (mes)", "mes", partial(sign, self.keys[name]))

    async def release(self, name, identifier=ENC, now=NOW):
        """A person decides that the draft is released, and a clerk applies it."""
        async with self.clerk():
            return await release(self.settings, identifier, self.person(name), now=now)

    async def decide(self, name, number, identifier=ENC):
        """A decision as the command makes it."""
        state, person = await self.duty(identifier), self.person(name)
        record = signed(plan_release(state, by=person.name, now=NOW), self.settings.realm, person)
        return DutyDecision(id=f"mes.{number}", body="mes", duty=record)

    async def send(self, *decisions):
        """What a person's command writes, as often as it is said."""
        for decision in decisions:
            topic = decisions_topic(self.settings.realm, decision.body)
            await write_record(self.settings, topic, record_of(decision), unsure="")

    async def entries(self):
        """The types of what stands in the log of one duty, in order."""
        records = await read_all(self.settings, bus_topic(self.settings.realm, "duties"))
        return [json.loads(record.value)["type"] for record in records if record.key == ENC.encode()]

    async def write(self, *records):
        """What somebody with rights on the topic writes; the times are those of the writer."""
        producer = AIOKafkaProducer(**self.settings.connection())
        await producer.start()
        try:
            for record in records:
                await producer.send_and_wait(
                    bus_topic(self.settings.realm, "duties"),
                    record.model_dump_json().encode(),
                    key=record.id.encode(),
                    partition=1,
                    timestamp_ms=int(record.at.timestamp() * 1000),
                )
        finally:
            await producer.stop()

    async def alarms(self, body):
        records = await read_all(self.settings, to_topic(self.settings.realm, body, "alerts"))
        return [read_alert(record) for record in records]


async def until(condition):
    async with asyncio.timeout(30):
        while True:
            with suppress(KeyError):
                if condition():
                    return
            await asyncio.sleep(0.05)

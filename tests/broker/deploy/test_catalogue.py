"""A body is added to the folder of an installation while events flow: nothing of anybody's is lost or told twice."""

import asyncio
import contextlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer
from tests.builders import catalogue
from tests.builders.router_bus import EXAMPLE, Bus, everybody, wait_until
from tests.builders.thorough import whole_only

from cbrn_deploy.processes.children import RouterProcess, applied
from cbrn_schemas.catalogue.own import own
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.topics import Lane, bus_topic, from_topic, to_topic

NEW, FORMER = "osh-hall", "mayor-osh"
A_SECOND = 100
WITHIN_S = 120


def folder_with_a_new_mayor(folder):
    """A mayor's office that takes over from the shipped one, which it ends: it is told of what happens in its city."""
    ended = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    bodies = [
        {"code": NEW, "kind": "mayor", "region": "KG-GO", "publishes": "yes", "valid_from": ended}
        | {"ky": "Ош шаардык кеңеши", "ru": "Ошский городской совет", "en": "City Hall of Osh"},
        {"code": FORMER, "changes": "yes", "valid_to": ended, "successors": NEW, "aliases": "Бывшая мэрия Оша"},
    ]
    catalogue.write(folder, {"bodies.csv": bodies})


class Flow:
    """Events of one body at a steady pace; those that the broker has taken are known by id."""

    def __init__(self, settings, body):
        self.settings, self.body, self.taken = settings, body, []
        self.topic = from_topic(settings.realm, body, "incidents")

    async def run(self):
        producer = AIOKafkaProducer(**self.settings.connection(), acks="all", enable_idempotence=True, linger_ms=5)
        await producer.start()
        sent = []
        try:
            while True:
                sent.append(asyncio.create_task(self._one(producer, f"{self.body}-{len(sent)}")))
                await asyncio.sleep(1 / A_SECOND)
        finally:
            await asyncio.gather(*sent)
            await producer.stop()

    async def _one(self, producer, name):
        now = datetime.now(UTC).isoformat()
        told = {"body": self.body, "situation": name, "status": "Exercise", "observed": now, "reported": now}
        value = json.dumps(EXAMPLE | told | {"where": {"district": "41721"}}).encode()
        kind = "kg.cbrn.incident.chemical-release.v1"
        own_headers = binary_headers(id=name, source=f"/{self.body}", type=kind, time=now)
        await producer.send_and_wait(self.topic, value, key=name.encode(), headers=own_headers)
        self.taken.append(name)

    async def at_least(self, more):
        count = len(self.taken) + more
        await wait_until(lambda: _true(len(self.taken) >= count))


async def _true(what):
    return what


@contextlib.asynccontextmanager
async def flowing(*flows):
    tasks = [asyncio.create_task(flow.run()) for flow in flows]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@whole_only
async def test_a_body_is_added_under_load_and_nothing_is_lost_or_doubled(realm_of, engine, tmp_path, monkeypatch):
    """Whoever onboards a body must not have to choose an hour at which nothing happens."""
    assert own().folder is None, "this process itself knows the shipped catalogue"
    settings = await realm_of(*everybody())
    folder, log = tmp_path / "catalogue", tmp_path / "router.log"
    catalogue.write(folder, {"bodies.csv": [dict.fromkeys(("code", "kind", "ky", "ru", "en"), "")]})
    monkeypatch.setenv("CBRN_CATALOGUE", str(folder))
    monkeypatch.setenv("CBRN_DATA_DIR", str(tmp_path / "data"))

    async def says(text, times=1):
        async with asyncio.timeout(WITHIN_S):
            await wait_until(lambda: _true(log.read_text().count(text) >= times))

    router = RouterProcess(settings.model_copy(update={"log_level": "info"}), Lane.INCIDENTS, log)
    old, new = Flow(settings, "mes"), Flow(settings, NEW)
    try:
        await router.start()
        pid = router._process.pid
        async with flowing(old):
            await old.at_least(A_SECOND)
            catalogue.write(folder, {"bodies.csv": [catalogue.BODY | {"parent": "nobody"}]})
            await says("the catalogue folder is not taken")
            await old.at_least(A_SECOND)
            assert "process stopped" not in log.read_text(), "a fault changed something"

            folder_with_a_new_mayor(folder)
            await says("topics are missing for it")
            await old.at_least(A_SECOND)
            assert "process stopped" not in log.read_text(), "a body without topics held up the others"

            assert await applied(settings) is None
            await says("process ready", times=2)
            assert router._process.pid == pid
            assert router.running
            async with flowing(new):
                await new.at_least(A_SECOND)
            await old.at_least(A_SECOND)
        bus = Bus(settings, engine)
        published = {*old.taken, *new.taken}

        def all_there(found):
            return len(found) >= len(published)

        decisions = await bus.read(bus_topic(settings.realm, "decisions"), all_there)
        routed = Counter(json.loads(record.value)["id"] for record in decisions)
        assert routed == Counter(published)
        told = await bus.read(to_topic(settings.realm, NEW, "alerts"), lambda found: len(found) >= len(new.taken))
        of_new = [value for record in told for key, value in record.headers if key == "ce_id" and value[:3] == b"osh"]
        assert Counter(of_new) == Counter(name.encode() for name in new.taken)
        before = await bus.read(to_topic(settings.realm, FORMER, "alerts"), bool)
        assert not {record.key for record in before} & {record.key for record in told}, "two have one task"
    finally:
        await router.stop()

"""What a broker knows of access outlives it and its authority, while a program goes on."""

import asyncio
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.broker.deploy.access.conftest import PERSON
from tests.broker.deploy.access.test_under_load import EVERY_S, event, until
from tests.builders.access import ON

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_deploy.provisioning.access.issuing import Order, issue, revoke
from cbrn_deploy.provisioning.access.log import look
from cbrn_deploy.provisioning.access.protocol import opened
from cbrn_deploy.provisioning.access.requesting import authorities_in
from cbrn_deploy.provisioning.access.trying import ask
from cbrn_producers import Agency
from cbrn_routing.bus.read import read_all
from cbrn_schemas.errors import BusError
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane, Realm, from_topic
from cbrn_schemas.users import Principal, User

REALM = Realm.EXERCISE
MES, MOH = User(REALM, "mes"), User(REALM, "moh")
ALWAYS = timedelta(days=100_000)


@pytest.fixture
async def own(ram_folder):
    """A broker in a folder that stays, with the topics of two bodies."""
    with tempfile.TemporaryDirectory(dir=ram_folder) as folder:
        async with EmbeddedKafka(Path(folder) / "kafka", port=free_ports(1)[0]) as made:
            settings = made.settings(realm=REALM)
            planned = planned_topics(REALM, shards=1, replication=1, on=ON)
            wanted = [one for one in planned if one.name.split(".")[1] == "bus" or one.name.split(".")[2] in "mes moh"]
            async with connected(settings) as cluster:
                await cluster.create(wanted)
            yield made


async def known_by(broker, now):
    settings = broker.settings(realm=REALM)
    async with opened(settings) as cluster:
        found, known, _ = await look(cluster, settings, now)
    return found, set(known.live)


def publisher(file, published):
    """A program that publishes all the while, again what was not confirmed; and who waits until it has done more."""

    async def publish():
        async with Agency("mes", settings=Settings(credentials=file)) as agency:
            while True:
                name = f"event-{len(published)}"
                with suppress(BusError):
                    await agency.publish(event(len(published)), event_id=name)
                    published.append(name)
                await asyncio.sleep(EVERY_S)

    async def goes_on():
        there = len(published)
        await until(lambda: len(published) > there + 10)

    return goes_on, publish


async def test_access_outlives_its_broker_and_its_authority(own, now, tmp_path):
    """SIGKILL, then a renewed authority: users, rules, quotas and the log stay, and who knew the former one goes on.

    One password was taken back before: Kafka, told to delete it, forgets all others when it starts again.
    """

    def order(user, name, *, certificate=False):
        settings = own.settings(realm=REALM)
        where = settings.bootstrap_servers if certificate else own.bootstrap_servers
        authority = own.access.authority if certificate else None
        return Order(user, tmp_path / name, where, authorities_in(settings.ca_file.read_bytes()), authority)

    realm = own.settings(realm=REALM)
    await issue(realm, order(MES, "mes.cbrn"), PERSON, now)
    await issue(realm, order(MOH, "moh.cbrn", certificate=True), PERSON, now)
    await issue(realm, order(MOH, "gone.cbrn"), PERSON, now)
    gone = Principal.parse("exercise.moh~2")
    await revoke(realm, MOH, PERSON, now, gone)
    before = await known_by(own, now)
    assert before[1] == {"exercise.mes", "exercise.moh"}
    goes_on, publish = publisher(tmp_path / "mes.cbrn", published := [])
    async with asyncio.TaskGroup() as group:
        publishing = group.create_task(publish())
        await goes_on()
        await asyncio.to_thread(own.kill_broker, 1)
        await asyncio.to_thread(own.start_broker, 1)
        await goes_on()
        assert await known_by(own, now) == before
        await asyncio.to_thread(own.stop)
        former = own.access.authority
        own.access.authority.renewed(within=ALWAYS)
        await own.start_async()
        assert own.access.authority.issuer != former.issuer
        await goes_on()
        assert await known_by(own, now) == before
        publishing.cancel()
    for name, user in (("mes.cbrn", MES), ("moh.cbrn", MOH)):
        file = tmp_path / name
        assert authorities_in(file.read_bytes()) == former.bundle
        assert [each for each in await ask(Settings(credentials=file), user, ON) if not each.as_planned] == []
    await issue(own.settings(realm=REALM), order(MOH, "new.cbrn", certificate=True), PERSON, now)
    assert not [each for each in await ask(Settings(credentials=tmp_path / "new.cbrn"), MOH, ON) if not each.as_planned]
    with pytest.raises(BusError):
        await ask(Settings(credentials=tmp_path / "gone.cbrn"), MOH, ON)
    found = await read_all(own.settings(realm=REALM), from_topic(REALM, "mes", Lane.INCIDENTS))
    assert {dict(each.headers)["ce_id"].decode() for each in found}.issuperset(published)

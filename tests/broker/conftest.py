"""One real broker for the whole session; tests keep apart by topics of their own or by keys of their own."""

import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.processes import children
from cbrn_deploy.provisioning import TopicSpec, connected, planned_topics
from cbrn_schemas.topics import Realm

RAM = Path("/dev/shm")  # noqa: S108 - our folder in it has an unguessable name
RAM_NEEDED_BYTES = 2 * 1024**3


@pytest.fixture(scope="session")
def ram_folder():
    """Memory for the brokers' files where there is enough, since creating hundreds of partitions waits for a disk."""
    return RAM if RAM.is_dir() and shutil.disk_usage(RAM).free > RAM_NEEDED_BYTES else None


def pytest_collection_modifyitems(items):
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session", autouse=True)
def fetched():
    """Kafka's jars, before a test counts seconds or takes a program's network away: a fresh machine has none."""
    EmbeddedKafka.fetch()


@pytest.fixture(scope="session", autouse=True)
def nobody_gives_way():
    """Beside as many tests as there are processors, whoever gives way would not come up in its time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(children, "give_way", id)
        yield


@pytest.fixture(scope="session")
def kafka(ram_folder):
    """The session's broker: `kafka.settings()` are the admin's, `kafka.settings(user)` another user's."""
    with EmbeddedKafka(temporary_in=ram_folder) as broker:
        yield broker


@pytest.fixture(scope="module", autouse=True)
def commands_are_the_admins(request):
    """Commands are given by whoever owns the broker's machine, unless a test says otherwise; in modules that use it.

    No longer than the module's tests last: others of the same process must find an environment that says nothing.
    """
    with pytest.MonkeyPatch.context() as patch:
        if any("kafka" in item.fixturenames for item in request.session.items if item.path == request.path):
            patch.setenv("CBRN_CREDENTIALS", str(request.getfixturevalue("kafka").credentials()))
        yield


@pytest.fixture(scope="session")
def secured(kafka):
    """The session's broker."""
    return kafka


@pytest.fixture
def topics(kafka):
    """Creates missing topics, of names and a number of partitions; they stay for the session."""

    async def create(names, partitions=1, config=None):
        async with connected(kafka.settings()) as cluster:
            await cluster.create([TopicSpec(name, partitions, 1, config or {}) for name in names])
        return list(names)

    return create


@pytest.fixture
async def realm_of(kafka):
    """Makes an empty realm with the topics of these bodies, and returns its settings.

    The realm is that of exercises, whose topics are deleted before and after the test; those of the real one are the
    session's, which tests share.
    """
    made = []

    async def create(*bodies, shards=2, realm=Realm.EXERCISE):
        settings = kafka.settings(realm=realm, shards=shards)
        made.append(realm)
        await _create(kafka, settings, bodies)
        return settings

    yield create
    for realm in made:
        await delete_topics(kafka, realm)


@pytest.fixture(scope="module")
async def fresh_realm(kafka):
    """Makes an empty realm with the topics of these bodies for a whole module: what lies there is only read."""
    made = []

    async def create(settings, bodies):
        made.append(settings.realm)
        await _create(kafka, settings, bodies)

    yield create
    for realm in made:
        await delete_topics(kafka, realm)


async def _create(kafka, settings, bodies):
    planned = planned_topics(settings.realm, shards=settings.shards, replication=1, on=date(2026, 11, 1))
    wanted = [spec for spec in planned if spec.name.split(".")[1] == "bus" or spec.name.split(".")[2] in bodies]
    await delete_topics(kafka, settings.realm)
    async with connected(settings) as cluster:
        await cluster.create(wanted)


async def delete_topics(kafka, realm):
    """Deletes a realm's topics. Only tests may; the product has no such function."""
    admin = AIOKafkaAdminClient(**kafka.settings().connection() | {"request_timeout_ms": 30_000})
    await admin.start()
    try:
        while names := [name for name in await admin.list_topics() if name.startswith(f"{realm}.")]:
            await admin.delete_topics(names)
    finally:
        await admin.close()

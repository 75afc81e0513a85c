"""The secured broker: who is let in, who is not, and what outlives a restart and a renewal of its authority."""

import asyncio
import random
import shutil
import socket
import ssl
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from tests.builders.users import as_user

from cbrn_deploy.authority import LocalAccess
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes.local_users import give_password
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import User

ALWAYS = timedelta(days=100_000)
TOPIC = "cbrn.from.mes.incidents"
MES = User(Realm.REAL, "mes")


async def publish(settings, topic=TOPIC, client=None):
    """Write one record, and stop even where it was refused."""
    producer = AIOKafkaProducer(**settings.connection() | (client or {}), acks="all")
    try:
        await producer.start()
        await asyncio.wait_for(producer.send_and_wait(topic, b"x"), 30)
    finally:
        await producer.stop()


async def refused(settings, client=None):
    with pytest.raises(KafkaError):
        await publish(settings, client=client)


@pytest.fixture(scope="module")
async def mes(kafka, tmp_path_factory):
    """Settings of a body by its certificate, and by its password."""
    async with connected(kafka.settings()) as cluster:
        await cluster.create([TopicSpec(TOPIC, 2, 1), TopicSpec("cbrn.from.moh.incidents", 2, 1)])
    by_certificate = await as_user(kafka.settings(), MES)
    file = await give_password(kafka, MES, tmp_path_factory.mktemp("mes"))
    return by_certificate, Settings(credentials=file)


async def test_who_has_a_credential_is_let_in_and_does_what_his_rules_say(kafka, mes):
    """By certificate and by password alike: the same user, the same rules."""
    for settings in mes:
        await publish(settings)
        with pytest.raises(TopicAuthorizationFailedError):
            await publish(settings, "cbrn.from.moh.incidents")
    nobody = kafka.settings("water")
    with pytest.raises(TopicAuthorizationFailedError):
        await publish(nobody)


async def test_nobody_else_is_let_in(kafka, mes, tmp_path, caplog):
    """Without a certificate, with one of another authority, in the clear, as a user that there is not."""
    caplog.set_level("CRITICAL", logger="aiokafka")
    by_certificate, by_password = mes
    bare = ssl.create_default_context(cafile=by_certificate.ca_file)
    await refused(by_certificate, {"ssl_context": bare})
    foreign = LocalAccess(tmp_path / "other").credentials("admin", by_certificate.bootstrap_servers)
    stranger = bare
    stranger.load_cert_chain(foreign)
    await refused(by_certificate, {"ssl_context": stranger})
    for settings in mes:
        await refused(settings, {"security_protocol": "PLAINTEXT"})
    await refused(by_password, {"sasl_plain_password": "guessed"})
    await refused(by_password, {"sasl_plain_username": "moh"})


@pytest.mark.parametrize("listener", [0, 1], ids=["certificate", "password"])
def test_tls_before_1_3_is_refused(mes, listener):
    """Nobody can talk a connection down."""
    host, _, port = mes[listener].bootstrap_servers.partition(":")
    context = ssl.create_default_context(cafile=mes[listener].ca_file)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection((host, int(port))) as plain, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(plain, server_hostname=host).close()


async def test_who_asks_in_vain_as_fast_as_he_can_fills_no_log(kafka):
    """What the broker says of itself would be washed away."""
    node = kafka.folder / "broker-1"
    nobody = kafka.settings("water")
    producer = AIOKafkaProducer(**nobody.connection())
    await producer.start()
    for _ in range(600):
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.partitions_for(TOPIC)
    await producer.stop()
    refusals = (node / "refused.log").read_text(encoding="utf-8")
    assert "Principal = User:water is Denied" in refusals
    assert refusals.count("User:water is Denied") < 500
    assert "is Denied" not in (node / "kafka.log").read_text(encoding="utf-8")


def test_its_files_are_closed_to_others(kafka):
    """Whoever reads the authority's key can let himself in as anybody."""
    secrets = [*kafka.access.folder.rglob("*"), *(kafka.folder / "broker-1").glob("*.pem"), kafka.access.folder]
    assert len(secrets) > 6
    for path in secrets:
        assert path.stat().st_mode & 0o077 == 0, path
    assert "PRIVATE" not in (kafka.folder / "run.json").read_text()


async def test_a_restart_keeps_users_and_rules_and_a_renewed_authority_locks_nobody_out(ram_folder, tmp_path):
    """Programs go on with the files that they were given: they know only the older authority."""
    with TemporaryDirectory(dir=ram_folder, ignore_cleanup_errors=True) as made:
        folder, (port,) = Path(made) / "kafka", free_ports(1)
        async with EmbeddedKafka(folder, port=port) as kafka:
            async with connected(kafka.settings()) as cluster:
                await cluster.create([TopicSpec(TOPIC, 1, 1)])
            (tmp_path / "password").mkdir()
            given = await as_user(kafka.settings(), MES)
            by_certificate = shutil.copy2(given.credentials, tmp_path / "mes.cbrn")
            by_password = await give_password(kafka, MES, tmp_path / "password")
            before = kafka.access.authority.bundle
        LocalAccess(folder / "access").authority.renewed(within=ALWAYS)
        async with EmbeddedKafka(folder, port=port) as kafka:
            assert before in kafka.access.authority.bundle
            for file in (by_certificate, by_password, kafka.credentials("mes")):
                await publish(Settings(credentials=file))
            with pytest.raises(TopicAuthorizationFailedError):
                await publish(kafka.settings("moh"))


async def test_a_reader_is_left_at_once_while_the_broker_is_about_to_answer(kafka, mes):
    """Under uvloop closing a TLS connection took 30 s, and with it the taking over of a router's shard."""
    admin = kafka.settings()

    async def write():
        async with AIOKafkaProducer(**admin.connection()) as producer:
            while True:
                await producer.send(TOPIC, bytes(20_000), partition=0)
                await asyncio.sleep(0.002)

    async def leave(after_s):
        reader = AIOKafkaConsumer(**admin.connection(), auto_offset_reset="earliest", enable_auto_commit=False)
        await reader.start()
        reader.assign([TopicPartition(TOPIC, 0)])
        await asyncio.sleep(after_s)
        began = time.monotonic()
        await reader.stop()
        return time.monotonic() - began

    async def readers():
        writing = asyncio.create_task(write())
        moments = random.Random(1)  # noqa: S311 - moments to leave at
        took = await asyncio.gather(*(leave(moments.random()) for _ in range(40)))
        writing.cancel()
        await asyncio.wait({writing})
        return max(took)

    assert await asyncio.to_thread(uvloop.run, readers()) < 15

"""The embedded broker's life: data kept, no orphans, clear answers."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from cbrn_deploy.kafka import BrokerStartError, DataFolderInUseError, EmbeddedKafka, PortInUseError, control
from cbrn_deploy.provisioning import TopicSpec, connected

ENDED_WITHIN_S = 30
DEAD_PROXY = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")


@pytest.fixture
def folder(ram_folder):
    with TemporaryDirectory(dir=ram_folder, ignore_cleanup_errors=True) as made:
        yield Path(made) / "data"


@contextlib.contextmanager
def owner(data, **environment):
    """A program with a broker of its own."""
    script = Path(__file__).with_name("embedded_owner.py")
    process = subprocess.Popen(
        [sys.executable, str(script), str(data)], stdout=subprocess.PIPE, env=os.environ | environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def processes_of(folder):
    """Whatever runs for this data folder."""
    everything = psutil.process_iter(["cmdline"])
    return [each for each in everything if any(str(folder) in part for part in each.info["cmdline"] or ())]


def wait_until_seen(folder):
    """The first JVM of a new folder is the one that formats it."""
    deadline = time.monotonic() + ENDED_WITHIN_S
    while not any("StorageTool" in " ".join(p.info["cmdline"]) for p in processes_of(folder)):
        assert time.monotonic() < deadline, "formatting was never seen"


def wait_until_gone(folder):
    deadline = time.monotonic() + ENDED_WITHIN_S
    while left := [p for p in processes_of(folder) if "embedded_owner.py" not in " ".join(p.info["cmdline"])]:
        assert time.monotonic() < deadline, f"still there: {left}"
        psutil.wait_procs(left, timeout=0.1)


async def send(kafka, topic, value):
    async with AIOKafkaProducer(**kafka.settings().connection(), acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def first(kafka, topic):
    async with AIOKafkaConsumer(**kafka.settings().connection()) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.seek_to_beginning()
        return (await consumer.getone()).value


async def create(kafka, *specs):
    async with connected(kafka.settings()) as cluster:
        await cluster.create(specs)


async def test_data_outlives_a_kill_while_formatting_a_detached_run_and_a_restart(folder):
    """One folder's life: killed at its very first start, started for itself, stopped, started by a program."""
    with owner(folder) as program:
        wait_until_seen(folder)
        program.kill()
    wait_until_gone(folder)

    detached = EmbeddedKafka(folder).start_detached()
    found = control.status(folder)
    assert (found.running, found.answering, found.owner) == (True, 1, None)
    assert found.bootstrap_servers == detached.bootstrap_servers
    with pytest.raises(DataFolderInUseError, match=str(found.supervisor)):
        EmbeddedKafka(folder).start()
    await create(detached, TopicSpec("kept", 1, 1))
    await send(detached, "kept", b"still here")
    assert control.stop(folder)
    assert not control.status(folder).running
    assert not processes_of(folder)

    async with EmbeddedKafka(folder) as again:
        assert await first(again, "kept") == b"still here"


def test_killed_program_leaves_neither_process_nor_folder_and_needs_no_network():
    """SIGKILL gives no chance to clean up; a broker left behind would hold its port and 300 MB for ever."""
    with owner(
        "-", M2_REPO=os.environ.get("M2_REPO", str(Path.home() / ".m2" / "repository")), **DEAD_PROXY
    ) as program:
        told = json.loads(program.stdout.readline())
        brokers = [psutil.Process(pid) for pid in told["pids"]]
        assert brokers
        assert all(process.is_running() for process in brokers)
        program.kill()
        assert psutil.wait_procs(brokers, timeout=ENDED_WITHIN_S)[1] == []
    wait_until_gone(told["folder"])
    deadline = time.monotonic() + ENDED_WITHIN_S
    while Path(told["folder"]).exists():
        assert time.monotonic() < deadline, "the temporary folder stays"


@pytest.mark.skipif(
    sys.platform != "linux", reason="the parent-death signal is Linux's; elsewhere the next start cleans up"
)
def test_killed_supervisor_takes_its_broker_along(folder):
    """Even the process that guards against orphans may be killed."""
    detached = EmbeddedKafka(folder).start_detached()
    brokers = [psutil.Process(pid) for pid in detached.pids.values()]
    assert brokers
    psutil.Process(control.status(folder).supervisor).kill()
    assert psutil.wait_procs(brokers, timeout=ENDED_WITHIN_S)[1] == []
    assert control.status(folder).crashed


async def test_cancelled_start_leaves_nothing_running(folder):
    """Ctrl-C while the broker comes up."""
    starting = asyncio.create_task(EmbeddedKafka(folder).__aenter__())
    await asyncio.to_thread(wait_until_seen, folder)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not processes_of(folder)


def test_taken_port_is_told_before_anything_starts(kafka, folder):
    """Two brokers on one machine do not collide; the second one says what to do."""
    port = int(kafka.bootstrap_servers.rpartition(":")[2])
    with pytest.raises(PortInUseError, match=f"port {port} ") as refused:
        EmbeddedKafka(folder, port=port).start()
    assert "--port" in refused.value.hint
    assert not folder.exists()


def test_broker_that_does_not_start_shows_its_log(folder):
    """Without the log nobody could tell why."""
    with pytest.raises(BrokerStartError) as failed:
        EmbeddedKafka(folder, settings={"num.io.threads": "many"}).start()
    assert "num.io.threads" in failed.value.log
    assert str(folder) in failed.value.hint
    assert not processes_of(folder)


async def test_three_brokers_go_on_when_one_is_killed(ram_folder):
    """The same code gives tests a cluster that can lose a broker."""
    async with EmbeddedKafka(brokers=3, temporary_in=ram_folder) as kafka:
        await create(kafka, TopicSpec("safe", 3, 3, {"min.insync.replicas": "2"}))
        await send(kafka, "safe", b"before")
        kafka.kill_broker(2)
        await send(kafka, "safe", b"after")
        kafka.start_broker(2)
        kafka.pause_broker(3)
        kafka.resume_broker(3)
        kafka._supervised.send({"do": "resume", "node": 3, "order": 0})  # whoever gave it waits no longer
        kafka.kill_broker(3)
        kafka.start_broker(3)
        with socket.create_connection(("127.0.0.1", kafka._cluster.nodes[2].port)):
            pass
    assert not processes_of(kafka.folder)

"""The bus that `cbrn up` keeps: its broker is started again whatever ended it, or it is said why it cannot be."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from cbrn_deploy.kafka import BrokerStartError, EmbeddedKafka, control
from cbrn_deploy.kafka.ports import free_ports
from cbrn_deploy.processes import up
from cbrn_deploy.provisioning import TopicSpec, connected

WITHIN_S = 120
"""For whatever takes some seconds on an idle machine."""


@pytest.fixture
def folder(ram_folder):
    with TemporaryDirectory(dir=ram_folder, ignore_cleanup_errors=True) as made:
        yield Path(made) / "data"


@contextlib.contextmanager
def bus(*arguments, log, **environment):
    """A `cbrn` command as a process of its own, which is ended whatever happens."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "cbrn_deploy", *arguments],
            stdout=out,
            stderr=out,
            cwd=log.parent,
            env=os.environ | {"CBRN_SHARDS": "1"} | environment,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(condition, process=None, log=None):
    deadline = time.monotonic() + WITHIN_S
    while not (found := condition()):
        told = log.read_text() if log else ""
        assert time.monotonic() < deadline, told
        assert process is None or process.poll() is None, told
        time.sleep(0.05)
    return found


def broker_of(folder):
    """The process of the folder's broker."""
    record = control.read_record(folder)
    return record and record.brokers[0].process()


def processes_of(folder):
    everything = psutil.process_iter(["cmdline"])
    return [each for each in everything if any(str(folder) in part for part in each.info["cmdline"] or ())]


@pytest.mark.parametrize("victim", ["broker", "supervisor"])
def test_bus_starts_its_broker_again_whoever_was_killed(folder, victim):
    """An out-of-memory kill left a bus that looked well and told nobody anything until a person looked."""
    log, kafka = folder.with_name("up.log"), folder / "kafka"
    (port,) = free_ports(1)
    with bus("up", "--data", str(folder), "--port", str(port), log=log) as process:
        until(lambda: "the bus is up" in log.read_text(), process, log)
        first = broker_of(kafka)
        record = control.read_record(kafka)
        (first if victim == "broker" else record.supervisor.process()).kill()
        until(lambda: "the broker is up again" in log.read_text(), process, log)
        assert broker_of(kafka).pid != first.pid
        assert control.status(kafka).answering == 1
        assert "starting" in log.read_text().partition("the broker is up again")[0].rpartition("[error")[2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    assert not processes_of(folder)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own that a test can fill."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=128m", "none", tmp_path]
    mounted = subprocess.run(mount, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)  # noqa: S607 - wherever this system has it


async def test_full_disk_ends_the_bus_with_its_name(small_disk, monkeypatch):
    """Nothing that is started again makes room: whoever started the bus must hear of it."""
    stopping = asyncio.Event()
    kafka = EmbeddedKafka(small_disk / "kafka", keep=True, start_timeout_s=20, restart_pauses_s=[0.1])
    await kafka.start_async()
    try:
        async with connected(kafka.settings()) as cluster:
            await cluster.create([TopicSpec("some", 4, 1)])
        with (small_disk / "filler").open("wb") as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(65536))
                filler.flush()
        with pytest.raises(BrokerStartError, match=r"does not come up again.*disk of .* is full") as given_up:
            await asyncio.wait_for(up.keep_broker(kafka, stopping), WITHIN_S)
        assert "kafka.log" in given_up.value.log
    finally:
        await asyncio.to_thread(kafka.stop)
    assert not processes_of(small_disk)


def test_detached_broker_is_started_again_and_its_end_is_told(folder):
    """`cbrn kafka start` has nobody who waits for it: its supervisor looks after it, and `status` tells of the end."""
    EmbeddedKafka(folder, start_timeout_s=20, restart_pauses_s=[0.1]).start_detached()
    first = broker_of(folder)
    first.kill()
    again = until(lambda: (found := broker_of(folder)) and found.pid != first.pid and found)
    assert control.status(folder).answering == 1
    data = folder / "broker-1" / "data"
    moved = data.rename(data.with_name("moved"))
    data.write_text("no folder: no broker can start here")
    again.kill()
    until(lambda: not control.status(folder).running)
    found = control.status(folder)
    assert found.crashed
    assert "started 5 times" in found.failure
    told = subprocess.run(
        [sys.executable, "-m", "cbrn_deploy", "kafka", "status", "--data", str(folder.parent)],
        check=False,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert told.returncode == 3
    data.unlink()
    moved.rename(data)
    EmbeddedKafka(folder).start_detached()
    assert control.status(folder).failure is None
    assert control.stop(folder)


def test_kafka_start_beside_a_dead_broker_is_no_success(folder):
    """It said that the broker runs, and ended with 0, while nothing answered."""
    with EmbeddedKafka(folder / "kafka") as kafka:
        kafka.kill_broker(1)
        told = subprocess.run(
            [sys.executable, "-m", "cbrn_deploy", "kafka", "start", "--data", str(folder)],
            check=False,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
        )
    assert told.returncode == 1
    assert "1 broker(s) do not answer" in told.stderr


STARTING = {
    "formatting": lambda folder, _log: any("StorageTool" in " ".join(p.info["cmdline"]) for p in processes_of(folder)),
    "broker": lambda folder, _log: any("kafka.Kafka" in p.info["cmdline"] for p in processes_of(folder)),
    "topics": lambda _folder, log: "broker up" in log.read_text(),
    "routers": lambda folder, _log: (folder / "logs" / "router-incidents.log").exists(),
}


@pytest.mark.parametrize(("command", "at"), [*(("up", at) for at in STARTING), ("demo", "broker"), ("demo", "routers")])
def test_stop_is_heard_while_the_bus_starts(folder, command, at):
    """It took 11 to 19 s: longer than whoever stops a machine waits, who then kills."""
    log = folder.with_name("start.log")
    log.touch()
    (port,) = free_ports(1)
    arguments = ["--data", str(folder), *(["--port", str(port)] if command == "up" else [])]
    with bus(command, *arguments, log=log) as process:
        until(lambda: STARTING[at](folder, log), process, log)
        process.send_signal(signal.SIGTERM)
        heard = time.monotonic()
        assert process.wait(WITHIN_S) == (0 if command == "up" else 143)
        took = time.monotonic() - heard
    assert "the bus is up" not in log.read_text()
    assert not processes_of(folder)
    assert took < 10, took


async def test_stop_is_heard_while_a_process_starts_again(tmp_path):
    """A router may take a minute to come up; the bus must not wait for it to end."""
    stopping = asyncio.Event()

    class Slow:
        name, log_file, running = "slow", tmp_path / "slow.log", False

        async def start(self):
            stopping.set()
            await asyncio.Event().wait()

    await asyncio.wait_for(up.keep(Slow(), stopping), 10)


@pytest.mark.parametrize("role", [["router", "--lane", "incidents"], ["duties"], ["quarantine"]])
def test_stop_is_heard_by_a_process_whose_broker_does_not_answer(tmp_path, role):
    """It may be frozen for an hour: a unit that is stopped then must end, and as one that was stopped."""
    log = tmp_path / "role.log"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        servers = f"127.0.0.1:{silent.getsockname()[1]}"
        with bus("run", *role, log=log, CBRN_BOOTSTRAP_SERVERS=servers) as process:
            until(lambda: "starts" in log.read_text(), None, log)
            process.send_signal(signal.SIGTERM)
            assert process.wait(8) == 0

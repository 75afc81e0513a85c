"""`cbrn up` keeps its processes, whatever ended them, and does not grow slower at it for ever."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.builders.command_line import CliRunner

from cbrn_consumers.duties import Clerk
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_deploy.authority import ADMIN, LocalAccess, access_folder
from cbrn_deploy.cli.main import app
from cbrn_deploy.kafka import EmbeddedKafka, broker_folder
from cbrn_deploy.kafka.launch import ClusterOptions, plan_cluster
from cbrn_deploy.processes import up
from cbrn_deploy.processes.children import (
    DeskProcess,
    GatewayProcess,
    KeeperProcess,
    NotifyProcess,
    ProcessError,
    RouterProcess,
)
from cbrn_deploy.processes.listening import ListenError
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane


class Child:
    """A process that ends as often as it is told, and whose start may fail."""

    name = "the child"
    log_file = Path("child.log")

    def __init__(self, stopping: asyncio.Event, failures: list[Exception | None]) -> None:
        self.running = False
        self.starts = 0
        self._failures = failures
        self._stopping = stopping

    async def start(self) -> None:
        self.starts += 1
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        self.running = True
        if not self._failures:
            self._stopping.set()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were kept; none of them takes time."""
    kept: list[float] = []

    async def at_once(seconds: float, stopping: asyncio.Event) -> bool:
        if seconds != up.LOOK_EVERY_S:
            kept.append(seconds)
        await asyncio.sleep(0)
        return stopping.is_set()

    monkeypatch.setattr(up, "LOOK_EVERY_S", 0.125)  # told apart from the pauses
    monkeypatch.setattr(up, "_stops_within", at_once)
    return kept


@pytest.mark.parametrize(
    "error", [ProcessError("no", Path("log"), ""), OSError("no file left"), MemoryError(), TimeoutError()]
)
async def test_whatever_hinders_a_start_it_is_tried_again(pauses: list[float], error: Exception) -> None:
    """A machine without memory for a moment must not be left without a router for ever."""
    stopping = asyncio.Event()
    child: Any = Child(stopping, [error, error, None])
    with capture_logs() as logs:
        await asyncio.wait_for(up.keep(child, stopping), 5)
    assert child.starts == 3
    said = [one["event"] for one in logs]
    assert said[-1] == "a process is up again"
    assert said.count("a process did not come up") == 2
    assert pauses[:3] == list(up.RESTART_PAUSES_S[:3])


async def test_a_process_that_ran_steadily_begins_the_pauses_again(
    pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends once a week is not one that ends at once seven times."""
    monkeypatch.setattr(up, "STEADY_S", 0.0)
    stopping = asyncio.Event()
    child: Any = Child(stopping, [OSError(), OSError(), None])
    await asyncio.wait_for(up.keep(child, stopping), 5)
    assert pauses[:3] == [up.RESTART_PAUSES_S[0]] * 3


def test_clerk_and_keeper_are_children_as_routers_are(tmp_path: Path) -> None:
    """The same care for all: started, waited for, ended without orphans."""
    settings = Settings()
    clerk = KeeperProcess(settings, Clerk, tmp_path / "duties.log")
    keeper = KeeperProcess(settings, QuarantineKeeper, tmp_path / "quarantine.log")
    router = RouterProcess(settings, Lane.INCIDENTS, tmp_path / "router.log", instance="incidents-0")
    assert clerk._command()[-2:] == ["run", "duties"]
    assert keeper._command()[-2:] == ["run", "quarantine"]
    assert router._command()[-5:] == ["router", "--lane", "incidents", "--instance", "incidents-0"]
    assert not clerk.running


@pytest.mark.parametrize(
    ("servers", "options", "port"),
    [
        ("127.0.0.1:19392", [], 19392),
        ("127.0.0.1:19392", ["--port", "19400"], 19400),
        ("kafka.example:9093", [], 9092),
    ],
)
def test_the_bus_listens_where_this_machines_commands_look_for_it(
    monkeypatch: pytest.MonkeyPatch, servers: str, options: list[str], port: int
) -> None:
    """It came up on 9092 whatever the others were told, and nothing answered them."""
    ports: list[int] = []

    async def bring_up(_settings: Settings, _data: Path, port: int, **_: Any) -> None:
        ports.append(port)

    monkeypatch.setattr(up, "bring_up", bring_up)
    monkeypatch.setattr("cbrn_deploy.kafka.EmbeddedKafka.fetch", lambda _: [])
    monkeypatch.setenv("CBRN_BOOTSTRAP_SERVERS", servers)
    answer = CliRunner().invoke(app, ["up", *options])
    assert answer.exit_code == 0, answer.output
    assert ports == [port]


@pytest.mark.parametrize("command", [["up"], ["kafka", "start"]], ids=" ".join)
def test_brokers_that_come_up_again_are_where_they_were(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    """Their own credentials lead to the port behind: each start came up one higher, and nobody else found it."""
    ports: list[int | None] = []

    async def bring_up(_settings: Settings, _data: Path, port: int, **_: Any) -> None:
        ports.append(port)

    def start(kafka: EmbeddedKafka, *_: Any) -> None:
        ports.append(kafka.wanted.port)

    monkeypatch.setattr(up, "bring_up", bring_up)
    monkeypatch.setattr(EmbeddedKafka, "fetch", lambda _: [])
    monkeypatch.setattr(EmbeddedKafka, "start_detached", start)
    monkeypatch.setenv("CBRN_DATA_DIR", str(tmp_path))
    access = LocalAccess(access_folder(tmp_path))
    cluster = plan_cluster(ClusterOptions(1, 19_092, 384, 1, 1), broker_folder(tmp_path), access.authority.renewed())
    cluster.write()
    access.credentials(ADMIN, cluster.mutual_servers, None)
    assert Settings().bootstrap_servers == cluster.mutual_servers
    CliRunner().invoke(app, command)
    assert ports == [19_092]


def test_a_gateway_for_nobody_is_refused_before_anything_starts() -> None:
    """A broker that comes up first would have been waited for in vain."""
    answer = CliRunner().invoke(app, ["up", "--gateway", "nobody"])
    assert answer.exit_code
    assert "no body is called «nobody»" in answer.output


def test_officers_are_told_by_a_process_for_each_body(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file is found from wherever the process runs."""
    given: list[Any] = []

    async def bring_up(*_: Any, notify: dict[str, Path], **__: Any) -> None:
        given.append(notify)

    monkeypatch.setattr(up, "bring_up", bring_up)
    monkeypatch.setattr("cbrn_deploy.kafka.EmbeddedKafka.fetch", lambda _: [])
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "channels.yaml"
    file.write_text("{}")
    file.chmod(0o600)
    answer = CliRunner().invoke(app, ["up", "--notify", "moh=channels.yaml", "--notify", f"МЧС={file}"])
    assert answer.exit_code == 0, answer.output
    assert given == [{"moh": file, "mes": file}]
    child = NotifyProcess(Settings(), "moh", file, tmp_path / "log")
    assert child._command()[-5:] == ["notify", "--body", "moh", "--channels", str(file)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["moh"], "no file is named"),
        (["moh="], "no file is named"),
        (["moh=none.yaml"], "none.yaml cannot be read"),
        (["moh=open.yaml"], "anyone on this machine may write the file of servers"),
        (["nobody=channels.yaml"], "no body is called «nobody»"),
        (["moh=channels.yaml", "moh=channels.yaml"], "names moh twice"),
    ],
)
def test_officers_that_cannot_be_told_are_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    """The bus would come up, and what is wrong would stand in a log that nobody reads before the night."""
    monkeypatch.chdir(tmp_path)
    for name, mode in (("channels.yaml", 0o600), ("open.yaml", 0o666)):
        (tmp_path / name).write_text("{}")
        (tmp_path / name).chmod(mode)
    answer = CliRunner().invoke(app, ["up", *(each for one in given for each in ("--notify", one))])
    assert answer.exit_code == 2
    assert said in answer.output


async def test_a_broken_trust_file_is_said_where_the_bus_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the logs of the keepers nobody would have read it before the first signature did not count."""

    async def nothing(*_: Any, **__: Any) -> None:
        raise RuntimeError("far enough")

    monkeypatch.setattr(up, "_start_all", nothing)
    trust = tmp_path / "trust.toml"
    trust.write_text("no toml [")
    trust.chmod(0o600)
    with capture_logs() as lines, pytest.raises(RuntimeError, match="far enough"):
        await up.bring_up(Settings(rulebook_signers=trust), tmp_path / "data", 0)
    assert [line["event"] for line in lines] == ["signatures cannot be verified"]
    assert (lines[0]["file"], "no TOML" in lines[0]["why"]) == (str(trust), True)


async def test_a_taken_port_is_said_before_the_broker_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk would have said so two minutes later, with an option that `cbrn up` does not have."""

    async def nothing(*_: Any, **__: Any) -> None:
        raise RuntimeError("far enough")

    monkeypatch.setattr(up, "_start_all", nothing)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setattr(DeskProcess, "ADDRESS", address)
        with pytest.raises(ListenError) as told:
            await up.bring_up(Settings(), tmp_path / "data", 0, desk="mes")
    assert told.value.message == f"cannot listen at {address}: Address already in use"
    assert "cbrn run desk --body mes --all --listen 127.0.0.1:" in told.value.hint
    with pytest.raises(RuntimeError, match="far enough"):
        await up.bring_up(Settings(), tmp_path / "data", 0, desk="mes")


def test_the_help_names_the_address_at_which_the_gateway_listens(tmp_path: Path) -> None:
    """What `cbrn up` says, its help says, and its child is told is one address."""
    assert GatewayProcess.ADDRESS in CliRunner().invoke(app, ["up", "--help"], env={"COLUMNS": "200"}).output
    child = GatewayProcess(Settings(), "mes", tmp_path / "log")
    assert child._command()[-2:] == ["--listen", GatewayProcess.ADDRESS]


def test_what_runs_beside_the_core_is_what_was_asked_for(tmp_path: Path) -> None:
    """Each is a user of its own, and says where it is found."""
    nothing = up._Beside(None, None, {}, feeds=False, inbound=None)
    assert (list(nothing.children(Settings(), tmp_path)), nothing.addresses) == ([], {})
    file = tmp_path / "partners.yaml"
    everything = up._Beside("mes", "moh", {"moh": tmp_path / "c.yaml"}, feeds=True, inbound=file)
    children = {child.user.name: child for child in everything.children(Settings(), tmp_path)}
    assert sorted(children) == ["bus.desk", "bus.feeds", "bus.inbound", "mes.gateway", "moh.notify"]
    assert children["bus.inbound"]._role == ["inbound", "--partners", str(file)]
    assert everything.addresses["feeds"] == "http://127.0.0.1:8470/feeds"

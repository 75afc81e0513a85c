"""A real Apache Kafka in KRaft mode, started by Python on a machine that has neither Java nor Maven.

The JVMs belong to a supervising process (`supervisor.py`) which ends them when the starting program is gone, however it
went. What a cluster's files are is in `layout.py`, the jars are in `jars.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import queue
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from cbrn_deploy.kafka import aot, jars, supervisor
from cbrn_deploy.kafka.errors import (
    BrokerControlError,
    BrokerStartError,
    DataFolderInUseError,
    DataFolderMismatchError,
    EmbeddedKafkaError,
    PortInUseError,
)
from cbrn_deploy.kafka.layout import KAFKA_VERSION, Cluster, Node
from cbrn_deploy.kafka.ports import free_ports, require_free
from cbrn_deploy.kafka.record import end_leftovers, read_record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

HEAP_MIB = 384
START_TIMEOUT_S = 90.0  # a crashed broker with full segments first checks them
STOP_TIMEOUT_S = 15.0
CONTROL_TIMEOUT_S = 90.0
LOG_TAIL_LINES = 25
CLUSTER_FILE = "cluster.json"
ADDRESS_TAKEN = re.compile(r"Address already in use|BindException")
Order = Literal["kill", "stop", "start", "pause", "resume"]


class EmbeddedKafka:
    """One broker, or three with replication, for development, tests, the demo and a small installation.

        with EmbeddedKafka() as kafka: ...              # temporary folder, free port
        async with EmbeddedKafka("data", port=9092) as kafka: ...

    `data_dir`: the folder is formatted once and found again at the next start; None means a temporary one, removed at the
    end. `port`: of the first broker, the others follow it; None takes free ones. `settings`: Kafka's own broker properties,
    which win over ours. `heap_mib`: for each broker.
    """

    def __init__(
        self,
        data_dir: Path | str | None = None,
        *,
        port: int | None = None,
        brokers: Literal[1, 3] = 1,
        settings: Mapping[str, str] | None = None,
        heap_mib: int = HEAP_MIB,
        start_timeout_s: float = START_TIMEOUT_S,
        stop_timeout_s: float = STOP_TIMEOUT_S,
        jvm_options: tuple[str, ...] = (),
        temporary_in: Path | None = None,
    ) -> None:
        self.temporary = data_dir is None
        self.temporary_in = temporary_in
        self.folder = Path(data_dir).resolve() if data_dir is not None else Path()
        self.port = port
        self.brokers = brokers
        self.settings = dict(settings or {})
        self.heap_mib = heap_mib
        self.start_timeout_s = start_timeout_s
        self.stop_timeout_s = stop_timeout_s
        self.jvm_options = jvm_options
        self.cluster = Cluster(())
        self.pids: dict[int, int] = {}
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._detached = False

    @staticmethod
    def fetch(progress: jars.ProgressCallback | None = None) -> list[Path]:
        """Brings in the locked jars (45 MB, once); returns the class path. Raises FetchError."""
        return jars.fetch(progress)

    @property
    def bootstrap_servers(self) -> str:
        """Addresses of the brokers, comma-separated."""
        return self.cluster.bootstrap_servers

    # -- life

    def start(self, progress: jars.ProgressCallback | None = None) -> Self:
        """Starts the brokers and returns when all of them answer. Raises an EmbeddedKafkaError that names the remedy."""
        return self._start(progress, detached=False)

    def start_detached(self, progress: jars.ProgressCallback | None = None) -> Self:
        """Starts brokers that go on after this program's end; `stop_detached` of their data folder ends them."""
        if self.temporary:
            raise EmbeddedKafkaError("brokers that go on after this program need a data folder of their own")
        return self._start(progress, detached=True)

    def stop(self) -> None:
        """Stops the brokers in order; when they do not within `stop_timeout_s`, kills them."""
        process, self._supervisor = self._supervisor, None
        self.pids = {}
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # the supervisor's sign to end
        process.wait(self.stop_timeout_s + STOP_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    # -- faults, for tests

    def kill_broker(self, number: int) -> None:
        """SIGKILL to one broker."""
        self._order("kill", number)

    def stop_broker(self, number: int) -> None:
        """Controlled shutdown of one broker."""
        self._order("stop", number)

    def start_broker(self, number: int) -> None:
        """Starts one broker again; returns when it answers."""
        self._order("start", number)

    def pause_broker(self, number: int) -> None:
        """SIGSTOP to one broker: it keeps its connections and says nothing."""
        self._order("pause", number)

    def resume_broker(self, number: int) -> None:
        """SIGCONT to a paused broker."""
        self._order("resume", number)

    def log_tail(self, lines: int = LOG_TAIL_LINES) -> str:
        """The end of the brokers' logs."""
        return log_tail(self.cluster.nodes, lines)

    # -- inside

    def _start(self, progress: jars.ProgressCallback | None, *, detached: bool) -> Self:
        if self._supervisor is not None:
            raise EmbeddedKafkaError("these brokers run already")
        if sys.platform == "win32":
            raise EmbeddedKafkaError(
                "The embedded broker runs on Linux and macOS; on Windows use WSL, or another machine's broker."
            )
        class_path = jars.fetch(progress)
        if self.temporary:
            self.folder = Path(tempfile.mkdtemp(prefix="cbrn-kafka-", dir=self.temporary_in))
        self._detached = detached
        try:
            self._launch(class_path)
        except PortInUseError:
            if self.port is not None:
                raise
            self._launch(class_path)  # somebody took a free port between our look and the broker's; one more try
        return self

    def _launch(self, class_path: list[Path]) -> None:
        end_leftovers(self.folder)
        self.cluster = self._plan_cluster()
        self._refuse_running()
        for node in self.cluster.nodes:
            require_free(node.port)
        self.cluster.write()
        self._supervisor = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", supervisor.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
            start_new_session=True,
        )
        self._events = queue.SimpleQueue()
        threading.Thread(
            target=_pass_on, args=(self._supervisor, self._events), daemon=True, name="kafka-events"
        ).start()
        self._send(self._plan(class_path))
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        if self._detached:
            self._supervisor = None

    def _refuse_running(self) -> None:
        record = read_record(self.folder)
        if record and record.alive:
            raise self._in_use()

    def _in_use(self) -> DataFolderInUseError:
        record = read_record(self.folder)
        who = f" (process {record.supervisor.pid}, {record.bootstrap_servers})" if record else ""
        return DataFolderInUseError(
            f"Another broker works in {self.folder}{who}. Use that one, stop it with `cbrn kafka stop --data {self.folder}`, "
            "or choose another folder with `--data`."
        )

    def _plan_cluster(self) -> Cluster:
        ports = free_ports(2 * self.brokers)
        controllers, clients = ports[: self.brokers], ports[self.brokers :]
        if self.port is not None:
            clients = [self.port + index for index in range(self.brokers)]
        nodes = tuple(
            Node(number, self.folder / f"broker-{number}", client, controller)
            for number, (client, controller) in enumerate(zip(clients, controllers, strict=True), start=1)
        )
        return Cluster(nodes, self.settings)

    def _cluster_id(self) -> str:
        path = self.folder / CLUSTER_FILE
        if not path.exists():
            identity = urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=").replace("-", "A")
            content = {"cluster": identity, "brokers": self.brokers, "kafka": KAFKA_VERSION}
            new = path.with_suffix(".new")
            new.write_text(json.dumps(content), encoding="utf-8")
            new.replace(path)
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["brokers"] != self.brokers:
            raise DataFolderMismatchError(
                f"{self.folder} holds a cluster of {known['brokers']} broker(s), not {self.brokers}. "
                f"Start it with `--brokers {known['brokers']}`, or choose another folder with `--data`."
            )
        return str(known["cluster"])

    def _plan(self, class_path: list[Path]) -> dict[str, Any]:
        cluster_id = self._cluster_id()

        def command(node: Node, *arguments: str) -> list[str]:
            options = [f"-Xmx{self.heap_mib}m", f"-Dlog4j2.configurationFile={node.log4j}", *self.jvm_options]
            return aot.java_command(class_path, options, *arguments)

        return {
            "folder": str(self.folder),
            "temporary": self.temporary,
            "detached": self._detached,
            "parent": os.getpid(),
            "start_timeout_s": self.start_timeout_s,
            "stop_timeout_s": self.stop_timeout_s,
            "record": {"bootstrap_servers": self.bootstrap_servers, "detached": self._detached, "kafka": KAFKA_VERSION},
            "nodes": [
                {
                    "number": node.number,
                    "folder": str(node.folder),
                    "port": node.port,
                    "output": str(node.output),
                    "format": command(
                        node, "kafka.tools.StorageTool", "format", "--ignore-formatted",
                        "-t", cluster_id, "-c", str(node.properties),
                    ),
                    "serve": command(node, "kafka.Kafka", str(node.properties)),
                }
                for node in self.cluster.nodes
            ],
        }  # fmt: skip

    def _send(self, message: dict[str, Any]) -> None:
        assert self._supervisor is not None
        assert self._supervisor.stdin is not None
        self._supervisor.stdin.write(json.dumps(message).encode() + b"\n")
        self._supervisor.stdin.flush()

    def _await(self, timeout_s: float, *wanted: str) -> dict[str, Any]:
        while True:
            try:
                event = self._events.get(timeout=timeout_s)
            except queue.Empty:
                raise BrokerControlError(f"the broker's supervisor said nothing for {timeout_s:.0f} s") from None
            if event["event"] in {*wanted, "gone"}:
                return event

    def _await_ready(self) -> None:
        event = self._await(2 * self.start_timeout_s, "ready", "failed")
        if event["event"] == "ready":
            self.pids = {int(number): pid for number, pid in event["pids"].items()}
            return
        if event.get("message") == "locked":
            raise self._in_use()
        tail = self.log_tail()
        if ADDRESS_TAKEN.search(tail):
            for node in self.cluster.nodes:
                require_free(node.port)
            raise PortInUseError(f"A port was taken while the broker started; start it again.\n{tail}")
        raise BrokerStartError(
            f"Kafka did not start: {event.get('message', 'its supervisor ended')}.\n{tail}\nFull logs: {self.folder}"
        )

    def _order(self, act: Order, number: int) -> None:
        if self._supervisor is None:
            raise BrokerControlError("these brokers do not run under this program")
        self._send({"do": act, "node": number})
        event = self._await(CONTROL_TIMEOUT_S, "done")
        if not event.get("ok"):
            raise BrokerControlError(
                f"{act} broker {number}: {event.get('message', 'its supervisor ended')}\n{self.log_tail()}"
            )
        self.pids[number] = event["pid"]


def log_tail(nodes: tuple[Node, ...], lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of each node's log and of what its JVM printed."""
    parts = []
    for node in nodes:
        for path in (node.output, node.log):
            if path.exists() and (text := path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]):
                parts.append("\n".join([f"--- {path}", *text]))
    return "\n".join(parts)


def _pass_on(process: subprocess.Popen[bytes], events: queue.SimpleQueue[dict[str, Any]]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            events.put(json.loads(line))
    events.put({"event": "gone"})

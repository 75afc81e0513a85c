"""A real Apache Kafka in KRaft mode, started by Python on a machine that has neither Java nor Maven.

The JVMs belong to a supervising process (`supervisor.py`) which ends them when the starting program is gone, however it
went. What a cluster's files are is in `layout.py`, the jars are in `jars.py`.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from cbrn_deploy.authority import ADMIN, LocalAccess
from cbrn_deploy.kafka import jars
from cbrn_deploy.kafka.errors import (
    BrokerControlError,
    BrokerStartError,
    DataFolderInUseError,
    EmbeddedKafkaError,
    PortInUseError,
)
from cbrn_deploy.kafka.launch import ClusterOptions, plan_cluster, supervisor_plan
from cbrn_deploy.kafka.layout import Cluster
from cbrn_deploy.kafka.ports import require_free
from cbrn_deploy.kafka.private_folder import private_folder
from cbrn_deploy.kafka.record import end_leftovers, read_record
from cbrn_deploy.kafka.supervised import Order, Supervised
from cbrn_deploy.kafka.supervisor import RESTART_PAUSES_S, log_tail
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

HEAP_MIB: Final = 384
START_TIMEOUT_S: Final = 90.0
"""A broker that crashed checks its last segments first."""
STOP_TIMEOUT_S: Final = 60.0
"""A broker flushes every partition: 1,600 of them took 16 s on a slow disk."""
CONTROL_TIMEOUT_S: Final = 120.0
_ADDRESS_TAKEN: Final = re.compile(r"Address already in use|BindException")


class EmbeddedKafka:
    """One broker, or three with replication, for development, tests, the demo and a small installation.

        with EmbeddedKafka() as kafka: ...              # temporary folder, free port
        async with EmbeddedKafka("data", port=9092) as kafka: ...

    `data_dir`: formatted once, found again at the next start; None means a temporary folder (made in `temporary_in`)
    that goes with the broker. `port`: of the first broker, the others follow it; None takes free ones. `settings`:
    Kafka's own broker properties, which win over ours. `heap_mib`: of each broker. `server_options`: more options for
    the JVM. `keep`: a broker that ends is started again (detached ones always are) after these pauses, of which the
    last repeats; `news` tells of it. `access`: folder of its authority and of this machine's credentials, `access` in
    the data folder unless said. `plaintext`: no encryption, no users, no rules: whoever is on this machine may do
    everything.

    Who is let in: `settings()` of the user `admin`, who may do everything; `settings(user)` of any other, who may do
    what rules say.
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
        server_options: Sequence[str] = (),
        temporary_in: Path | None = None,
        keep: bool = False,
        restart_pauses_s: Sequence[float] = RESTART_PAUSES_S,
        access: Path | None = None,
        plaintext: bool = False,
    ) -> None:
        self.wanted = ClusterOptions(
            brokers,
            port,
            heap_mib,
            start_timeout_s,
            stop_timeout_s,
            dict(settings or {}),
            tuple(server_options),
            keep,
            tuple(restart_pauses_s),
        )
        self.temporary = data_dir is None
        self.folder = Path(data_dir).resolve() if data_dir is not None else Path()
        self.pids: dict[int, int] = {}
        """Process id of each broker, by its number from 1."""
        self.plaintext = plaintext
        self._access = access
        self._temporary_in = temporary_in
        self._cluster = Cluster(())
        self._supervised: Supervised | None = None
        self._abandoned = False

    @staticmethod
    def fetch(progress: jars.ProgressCallback | None = None) -> list[Path]:
        """Bring in the locked jars (45 MB, once); return the class path. Raises FetchError."""
        return jars.fetch(progress)

    @property
    def bootstrap_servers(self) -> str:
        """Addresses of the brokers, comma-separated: for users with a password, or in the clear for anybody."""
        return self._cluster.bootstrap_servers

    @property
    def access(self) -> LocalAccess:
        """The brokers' authority, and the credentials of this machine."""
        return LocalAccess(self._access or self.folder / "access")

    def credentials(self, user: str = ADMIN, principal: str | None = None) -> Path:
        """Return the credentials file of a user on this machine, made at first: what he may do, rules say.

        It lets in as `principal`; unless that is said, as it did, and at first as the user.

        Raises:
            EmbeddedKafkaError: the brokers speak in the clear, and know no users.
            RequestError: it is no name of a user.
        """
        if self.plaintext:
            raise EmbeddedKafkaError("brokers in the clear know no users", hint="Start them without --plaintext.")
        return self.access.credentials(user, self._cluster.mutual_servers, principal)

    def settings(self, user: str = ADMIN, **fields: Any) -> Settings:
        """Return the settings of a program that connects as this user; in the clear, as nobody. `fields` win."""
        if self.plaintext:
            clear = {"bootstrap_servers": self.bootstrap_servers, "security_protocol": "PLAINTEXT"}
            return Settings(**clear | fields)
        return Settings(**{"credentials": self.credentials(user)} | fields)

    def start(self, progress: jars.ProgressCallback | None = None) -> Self:
        """Start the brokers and return when all answer. Raises an EmbeddedKafkaError whose hint is the remedy."""
        self._start(progress, detached=False)
        return self

    def start_detached(self, progress: jars.ProgressCallback | None = None) -> Self:
        """Start brokers that go on after this program; `control.stop` with their folder ends them."""
        if self.temporary:
            raise EmbeddedKafkaError(
                "brokers that outlive the program cannot have a temporary folder", hint="Name one."
            )
        self._start(progress, detached=True)
        return self

    def stop(self) -> None:
        """Stop the brokers in order, and kill those that do not stop in time; temporary ones are killed at once."""
        supervised, self._supervised = self._supervised, None
        self.pids = {}
        if supervised is not None:
            supervised.end()

    def news(self) -> list[dict[str, Any]]:
        """Return what the supervisor has said of running brokers since the last call, oldest first.

        `died` (started again after `pause_s`, with `keep`), `restarted`, `failed` (none comes up any more: `message`
        and `log`), and `gone`, the last of all: the supervisor itself has ended, and no broker runs.
        """
        return self._supervised.news() if self._supervised is not None else []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.start_async()

    async def start_async(self) -> Self:
        """Start the brokers; cancelled, it ends at once what it had begun."""
        starting = asyncio.ensure_future(asyncio.to_thread(self.start))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            # The thread cannot be cancelled, but what it waits for can be ended: now, or before it begins.
            self._abandoned = True
            if self._supervised is not None:
                self._supervised.close()
            await asyncio.wait([starting])
            self._abandoned = False
            if not starting.cancelled() and starting.exception() is None:
                await asyncio.to_thread(self.stop)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def kill_broker(self, number: int) -> None:
        """Send SIGKILL to one broker."""
        self._order("kill", number)

    def stop_broker(self, number: int) -> None:
        """Shut one broker down, controlled."""
        self._order("stop", number)

    def start_broker(self, number: int) -> None:
        """Start one broker again; return when it answers."""
        self._order("start", number)

    def pause_broker(self, number: int) -> None:
        """Send SIGSTOP to one broker: it keeps its connections and says nothing."""
        self._order("pause", number)

    def resume_broker(self, number: int) -> None:
        """Send SIGCONT to a paused broker."""
        self._order("resume", number)

    def log_tail(self) -> str:
        """Read the end of the brokers' logs."""
        return log_tail([path for node in self._cluster.nodes for path in (node.output, node.log)])

    def _start(self, progress: jars.ProgressCallback | None, *, detached: bool) -> None:
        if self._supervised is not None:
            raise EmbeddedKafkaError("these brokers run already", hint="Stop them first.")
        if sys.platform == "win32":
            raise EmbeddedKafkaError(
                "the embedded broker runs on Linux and macOS only",
                hint="Use WSL, or set CBRN_BOOTSTRAP_SERVERS to another machine's broker.",
            )
        class_path = jars.fetch(progress)
        if self.temporary:
            self.folder = Path(tempfile.mkdtemp(prefix="cbrn-kafka-", dir=self._temporary_in))
        try:
            self._launch(class_path, detached=detached)
        except PortInUseError:
            if self.wanted.port is not None:
                raise
            # Somebody took a free port between our look and the broker's; once is chance.
            self._launch(class_path, detached=detached)

    def _launch(self, class_path: list[Path], *, detached: bool) -> None:
        if self._abandoned:
            raise EmbeddedKafkaError("nobody waits for the broker any more", hint="Start another one.")
        end_leftovers(self.folder)
        self._refuse_if_running()
        if self.wanted.port is not None:
            for index in range(self.wanted.brokers):
                require_free(self.wanted.port + index)
        private_folder(self.folder, ours=False)
        authority = None if self.plaintext else self.access.authority.renewed()
        self._cluster = plan_cluster(self.wanted, self.folder, authority)
        plan = supervisor_plan(
            self.wanted,
            self._cluster,
            self.folder,
            class_path,
            access=None if self.plaintext else self.access.folder,
            temporary=self.temporary,
            detached=detached,
        )
        self._cluster.write()
        if not self.plaintext:
            self.access.bring_up_to_date(self._cluster.mutual_servers)
            self.credentials()
        self._supervised = Supervised(plan)
        if self._abandoned:  # since we looked
            self._supervised.close()
        try:
            self._await_ready(self._supervised)
        except BaseException:
            self._supervised.end()
            self._supervised = None
            raise
        if detached:
            self._supervised.let_go()
            self._supervised = None

    def _refuse_if_running(self) -> None:
        record = read_record(self.folder)
        if record is not None and record.alive:
            raise self._in_use()

    def _in_use(self) -> DataFolderInUseError:
        record = read_record(self.folder)
        who = f" (process {record.supervisor.pid}, {record.bootstrap_servers})" if record else ""
        return DataFolderInUseError(
            f"another broker works in {self.folder}{who}",
            hint="Use that one, stop it with `cbrn kafka stop`, or choose another folder with --data.",
        )

    def _await_ready(self, supervised: Supervised) -> None:
        event = supervised.wait_for(2 * self.wanted.start_timeout_s, "ready", "failed", "locked")
        if event["event"] == "ready":
            self.pids = {int(number): pid for number, pid in event["pids"].items()}
            return
        if event["event"] == "locked":
            raise self._in_use()
        raise self.start_error(event)

    def start_error(self, event: dict[str, Any]) -> EmbeddedKafkaError:
        """Make the error that a `failed` event, or the supervisor's end, means."""
        log = event.get("log", "")
        if _ADDRESS_TAKEN.search(log):
            return PortInUseError(
                "a port was taken while the broker started", hint="Start it again, or choose another --port.", log=log
            )
        return BrokerStartError(
            f"Kafka did not start: {event.get('message', 'its supervisor ended')}",
            hint=f"The end of its log says why; the whole log is in {self.folder}."
            if not self.temporary
            else "The end of its log says why.",
            log=log,
        )

    def _order(self, act: Order, number: int) -> None:
        if self._supervised is None:
            raise BrokerControlError("these brokers do not run under this program", hint="Start them here.")
        event = self._supervised.order(act, number, CONTROL_TIMEOUT_S)
        if not event.get("ok"):
            why = event.get("message", "its supervisor ended")
            raise BrokerControlError(f"{act} broker {number}: {why}", hint="See its log.", log=self.log_tail())
        self.pids[number] = event["pid"]

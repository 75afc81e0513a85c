"""A whole bus for the length of one demo: Kafka, topics, both routers, a desk. Whatever ends the demo ends them too."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cbrn_deploy.authority import access_folder
from cbrn_deploy.cli.demo.desk import open_desk
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.kafka.private_folder import private_folder
from cbrn_deploy.processes.children import ProcessError, RouterProcess
from cbrn_deploy.processes.local_users import admit, give_rights
from cbrn_deploy.provisioning import connected, planned_topics
from cbrn_schemas.errors import BusError
from cbrn_schemas.topics import Lane, Realm
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from cbrn_deploy.cli.demo.desk import Desk
    from cbrn_deploy.cli.demo.screen import Screen
    from cbrn_deploy.processes.children import ChildProcess
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings

RAM: Final = Path("/dev/shm")  # noqa: S108 - the folder in it has an unguessable name
RAM_NEEDED_BYTES: Final = 2 * 1024**3
"""A demo writes a few MB; the rest is for whoever else uses this memory."""
LOOK_EVERY_S: Final = 0.5
SHARDS: Final = 2
"""Partitions of each topic: enough to show that order holds, and half the topics' start-up time of the default."""


class RouterDiedError(BusError):
    """A router or the desk did not come up, or a router or the broker ended while the demo played."""

    def __init__(self, message: str, log_tail: str, logs: Path) -> None:
        super().__init__(message, f"Its log lies in {logs}. Run the demo again; if it happens again, report the log.")
        self.log_tail = log_tail


class Bus:
    """The running bus."""

    def __init__(self, settings: Settings, folder: Path, kafka: EmbeddedKafka) -> None:
        self.settings = settings
        self.kafka = kafka
        self.folder = folder
        """For logs and what the demo writes for its user."""
        self.routers: list[RouterProcess] = []
        self.desk: Desk | None = None

    def settings_of(self, user: User) -> Settings:
        """Return the settings of a process that runs as this user."""
        return self.settings.reaching(self.kafka.settings(user.name))

    def of_body(self, body: str) -> Settings:
        """Return the settings of a body's program; of one that was named when the bus was started."""
        return self.settings_of(User(self.settings.realm, body))

    async def watch_routers(self) -> None:
        """Wait until a router or the broker ends. Raises RouterDiedError with the end of its log."""
        while all(router.running for router in self.routers):
            await asyncio.sleep(LOOK_EVERY_S)
            if ended := [said for said in self.kafka.news() if said["event"] in {"died", "failed", "gone"}]:
                how = ended[0].get("how") or "its supervisor was killed"
                raise RouterDiedError(f"the broker ended: {how}", self.kafka.log_tail(), self.kafka.folder)
        dead = next(router for router in self.routers if not router.running)
        raise RouterDiedError(f"the router of the lane {dead.lane} ended", dead.log_tail(), dead.log_file.parent)


@asynccontextmanager
async def running_bus(
    settings: Settings, data: Path | None, screen: Screen, *, bodies: Iterable[str] = (), plaintext: bool = False
) -> AsyncGenerator[Bus]:
    """Bring everything up, and take it down again at the end, on errors and when cancelled.

    `data`: folder that is kept; None for a temporary one. `bodies`: who publishes and answers, each as a user of its
    own. `plaintext`: without encryption, users and rights.

    Raises what `cbrn_deploy.kafka`, `.provisioning` and `.processes` raise; the folder with the logs is then left, so
    that they can be read.
    """
    folder = _folder(data)
    async with AsyncExitStack() as stack:
        if data is None:
            stack.push(lambda kind, _error, _trace: _remove(folder) if _wanted_end(kind) else None)
        access = access_folder(folder)
        kafka = (
            EmbeddedKafka(temporary_in=_ram(), access=access, plaintext=plaintext)
            if data is None
            else EmbeddedKafka(folder / "kafka", access=access, plaintext=plaintext)
        )
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        stack.callback(screen.stopping)
        with screen.starting("kafka"):
            await kafka.start_async()
        bus = Bus(_own(settings, kafka), folder, kafka)
        logs = private_folder(folder / "logs")
        with screen.starting("topics"):
            preparing = _prepare(bus, bodies, logs, screen.speech.lang)
            _, children = await asyncio.gather(_provision(bus.settings), preparing)
        with screen.starting("processes"):
            await _start_processes(children, logs, stack)
        stack.callback(screen.stopping)
        yield bus


def _folder(data: Path | None) -> Path:
    return Path(tempfile.mkdtemp(prefix="cbrn-demo-")) if data is None else private_folder(data.resolve(), ours=False)


def _ram() -> Path | None:
    """Find room in memory for a temporary broker's files, if there is plenty: 400 new partitions wait for a disk."""
    enough = RAM.is_dir() and shutil.disk_usage(RAM).free > RAM_NEEDED_BYTES
    return RAM if enough else None


def _wanted_end(kind: type[BaseException] | None) -> bool:
    return kind is None or not issubclass(kind, Exception)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _own(settings: Settings, kafka: EmbeddedKafka) -> Settings:
    """Make settings of the demo's own bus, whatever the environment says of others."""
    return settings.reaching(kafka.settings(), realm=Realm.REAL, shards=SHARDS, escalation=None)


async def _provision(settings: Settings) -> None:
    async with connected(settings) as cluster:
        today = datetime.now(UTC).date()
        planned = planned_topics(settings.realm, shards=settings.shards, replication=1, on=today)
        await cluster.apply(planned, settings.realm)


async def _prepare(bus: Bus, bodies: Iterable[str], logs: Path, lang: Language) -> list[ChildProcess]:
    """Make routers and desk, and let them and bodies in; the topics, which take longer, are made meanwhile."""
    bus.desk = await asyncio.to_thread(open_desk, bus.settings, bus.folder, lang)
    bus.routers = [RouterProcess(bus.settings, lane, logs / f"router-{lane}.log") for lane in Lane]
    children: list[ChildProcess] = [*bus.routers, bus.desk.process]
    await admit(bus.kafka, children)
    await give_rights(bus.kafka, {User(bus.settings.realm, body) for body in bodies})
    return children


async def _start_processes(children: list[ChildProcess], logs: Path, stack: AsyncExitStack) -> None:
    """Start routers and desk side by side."""
    for child in children:
        stack.push_async_callback(child.stop)
    try:
        await asyncio.gather(*(child.start() for child in children))
    except ProcessError as error:
        raise RouterDiedError(str(error), error.log, logs) from error

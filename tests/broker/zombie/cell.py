"""One realm under fault: its topics, routers, publishers, those who watch, and the hands that cause the faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from tests.builders.users import as_user, credentials_of

from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.topics import Lane, Realm, bus_topic, misplaced_topic, router_group, state_topic, to_topic
from cbrn_schemas.users import User

from . import faults
from .gather import Sampler, Watch, positions, read_all, seen
from .history import History, Position
from .member import Member, MemberOptions
from .traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from cbrn_routing.decide import Engine
    from cbrn_schemas.settings import Settings

SETTLE_DEADLINE_S: Final = 90.0
"""From the last fault until everything published is through: rebalances, broker time-outs, the backlog."""
CALM_S: Final = (0.2, 0.8)
"""Between two faults of one hand."""
LANE: Final = Lane.INCIDENTS


@dataclass(frozen=True, slots=True)
class CellOptions:
    """How a cell is made up."""

    realm: Realm = Realm.REAL
    static: bool = False
    """Whether members have stable names (`group.instance.id`)."""
    members: int = 3
    shards: int = 4
    session_s: float = 1.5
    transaction_timeout_s: float = 10.0
    rate: float = 40.0
    """Events a second."""
    fencing: bool = True
    outages: bool = False
    """Whether the brokers are what suffers: publishers then wait for them as long as it takes."""
    faults: tuple[tuple[faults.Fault, int], ...] = (
        (faults.zombie, 5),
        (faults.pause, 2),
        (faults.kill_in_transaction, 2),
        (faults.kill, 1),
        (faults.restart, 2),
    )
    """Faults that a member suffers, and how often in each round."""


@dataclass(slots=True)
class CellResult:
    """What a cell leaves behind."""

    history: History
    faults: Counter[str]
    starts: int
    slowest_stop_s: float
    """From SIGTERM until the router had committed and left; the interpreter's own end comes after it."""
    resent: int
    takeovers: int
    """Shards fenced, restored and sought."""
    lost: Counter[str]
    """Memberships that routers gave up, by the error that ended them."""
    settled: bool = True


@dataclass(slots=True)
class Budget:
    """Faults left to be caused, shared by all hands."""

    left: int

    def take(self) -> bool:
        """One of them, if there is one."""
        self.left -= 1
        return self.left >= 0


class Cell:
    """One realm under fault."""

    def __init__(self, options: CellOptions, settings: Settings, folder: Path, engine: Engine, seed: int) -> None:
        self.options = options
        self.settings = settings
        self._user = User(options.realm, None, f"router-{LANE}")
        self.group = router_group(options.realm, LANE)
        self.injected: set[Position] = set()
        self.faults: Counter[str] = Counter()
        self._seed = seed
        self._began = 0.0
        self._watching: list[asyncio.Task[None]] = []
        self.traffic = Traffic(
            settings, options.realm, engine, self._random("traffic"), options.rate, patient=options.outages
        )
        self.sampler = Sampler(settings, self.group)
        self.rulings = [bus_topic(options.realm, name) for name in ("decisions", "quarantine")]
        self.alerts = [to_topic(options.realm, body, LANE.delivery) for body in receivers(datetime.now(UTC).date())]
        self.state = state_topic(options.realm, LANE)
        self.watch = Watch(settings, self.rulings, options.shards)
        self.members = [self._member(f"router-{number}", folder) for number in range(options.members)]
        self.guest = self._member("guest", folder)

    def _random(self, name: str) -> random.Random:
        return random.Random(f"{self._seed}/{self.options.realm}/{name}")  # noqa: S311 - a test that can be repeated

    def _member(self, name: str, folder: Path) -> Member:
        options = self.options
        told = MemberOptions(
            str(credentials_of(self.settings, self._user)),
            options.realm.value,
            self.traffic.topics,
            session_timeout_ms=int(options.session_s * 1000),
            transaction_timeout_ms=int(options.transaction_timeout_s * 1000),
            instance=name if options.static else None,
            fencing=options.fencing,
        )
        return Member(name, told, folder / f"{options.realm}-{name}.log")

    async def provision(self, replication: int = 1) -> None:
        """Create the realm's topics, those that this test needs."""
        shards = self.options.shards
        others = (bus_topic(self.options.realm, name) for name in ("outbound", "duties"))
        misplaced = misplaced_topic(self.options.realm, LANE)
        names = (*self.traffic.topics, *self.alerts, *self.rulings, *others, misplaced)
        specs = [TopicSpec(name, shards, replication) for name in names]
        specs.append(TopicSpec(self.state, shards, replication, {"cleanup.policy": "compact"}))
        async with connected(self.settings) as topics:
            await topics.create(specs)
        await as_user(self.settings, self._user)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Routers, publishers and watchers at work; everything gone afterwards, whatever state it is in."""
        watching = [asyncio.create_task(self.watch.run())]
        if not self.options.outages:  # no coordinator answers while its broker is down
            watching.append(asyncio.create_task(self.sampler.run()))
        self._watching = watching
        try:
            await asyncio.gather(*(member.start() for member in self.members))
            await self.traffic.start()
            await asyncio.gather(*(member.wait_ready() for member in self.members))
            yield
        finally:
            for member in (*self.members, self.guest):
                await member.destroy()
            await self.traffic.stop()
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    async def suffer(self, budget: Budget, tell: Callable[[str], None]) -> CellResult:
        """Cause faults until the budget is spent, wait until all is through, stop, and read what is there."""
        self._began = time.monotonic()
        stopping = asyncio.Event()
        publishing = asyncio.create_task(self.traffic.run(stopping))
        try:
            async with asyncio.TaskGroup() as hands:
                for member in self.members:
                    hands.create_task(self._hand(member, self.options.faults, budget, tell))
                if self.options.fencing:
                    hands.create_task(self._hand(self.guest, ((faults.visit, 1),), budget, tell))
                    hands.create_task(self._hand(self.guest, ((faults.stale_commit, 1),), budget, tell, calm_s=8.0))
        finally:
            stopping.set()
            await publishing
        tell(f"{time.monotonic() - self._began:6.1f} s  {self.options.realm}: faults over")
        settled = await self._settle(SETTLE_DEADLINE_S)
        tell(
            f"{time.monotonic() - self._began:6.1f} s  {self.options.realm}: {'all' if settled else 'not all'} through"
        )
        await asyncio.gather(*(member.stop() for member in self.members))
        return await self._result(settled=settled)

    async def suffer_outages(
        self, outage: Callable[[random.Random], Awaitable[str]], budget: Budget, tell: Callable[[str], None]
    ) -> CellResult:
        """Suffer what `outage` does, until the budget is spent; then stop, and read what is there."""
        began, rng, settled = time.monotonic(), self._random("outage"), True
        stopping = asyncio.Event()
        publishing = asyncio.create_task(self.traffic.run(stopping))
        try:
            while budget.take():
                fault = await outage(rng)
                self.faults[fault] += 1
                tell(f"{time.monotonic() - began:6.1f} s  {self.settings.bootstrap_servers}: {fault}")
        except TimeoutError:
            settled = False
        finally:
            stopping.set()
            await publishing
        settled = settled and await self._settle(SETTLE_DEADLINE_S)
        await asyncio.gather(*(member.stop() for member in self.members))
        return await self._result(settled=settled)

    async def wait_through(self, within_s: float) -> None:
        """Wait until all that has been acknowledged by now has been routed.

        Raises:
            TimeoutError: it has not, within the time.
        """
        if not await self._settle(within_s):
            raise TimeoutError

    async def _hand(
        self,
        member: Member,
        kinds: tuple[tuple[faults.Fault, int], ...],
        budget: Budget,
        tell: Callable[[str], None],
        *,
        calm_s: float = 0.0,
    ) -> None:
        rng = self._random(f"{member.name} {kinds[0][0].__name__}")
        bag: list[faults.Fault] = []
        await asyncio.sleep(rng.uniform(*CALM_S))
        while budget.take():
            member.check()
            began = time.monotonic()
            if not bag:
                bag = [fault for fault, weight in kinds for _ in range(weight)]
                rng.shuffle(bag)
            name = await bag.pop()(self, member, rng)
            self.faults[name] += 1
            now = time.monotonic()
            tell(f"{now - self._began:6.1f} s  {self.options.realm} {member.name}: {name} ({now - began:.1f} s)")
            await asyncio.sleep(calm_s + rng.uniform(*CALM_S))

    async def _settle(self, within_s: float) -> bool:
        """Whether everything that was acknowledged has come through in time. What is missing the checker will name."""
        deadline = time.monotonic() + within_s
        wanted = {(sent.source, sent.id) for sent in self.traffic.sent}
        while time.monotonic() < deadline:
            for member in self.members:
                member.check()
            for task in self._watching:
                if task.done():
                    task.result()
            if wanted <= self.watch.arrived.keys():
                return True
            await asyncio.sleep(0.2)
        return False

    async def _result(self, *, settled: bool) -> CellResult:
        history = History(sent=self.traffic.sent, committed=self.sampler.samples, injected=self.injected)
        shards = self.options.shards
        async for record in read_all(self.settings, self.alerts, shards):
            history.alerts.append(seen(record))
        async for record in read_all(self.settings, self.rulings, shards):
            history.rulings.append(seen(record))
        async for record in read_all(self.settings, [self.state], shards):
            history.stated.extend(positions(record))
        members = [*self.members, self.guest]
        logs = [line for member in members for line in _log_lines(member.log_file)]
        return CellResult(
            history,
            self.faults,
            starts=sum(member.starts for member in members),
            slowest_stop_s=max((stop for member in members for stop in _stops(member.log_file)), default=0.0),
            resent=self.traffic.resent,
            takeovers=sum(line.get("event") == "shard taken" for line in logs),
            lost=Counter(
                line["error"].partition(":")[0] for line in logs if str(line.get("event")).startswith("members")
            ),
            settled=settled,
        )


def _log_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):  # a killed process leaves half a line
            lines.append(json.loads(line))
    return lines


def _stops(path: Path) -> list[float]:
    """How long each graceful stop in a log took, in seconds."""
    stops, asked = [], None
    for line in _log_lines(path):
        if line.get("event") == "asked to stop":
            asked = datetime.fromisoformat(line["timestamp"])
        elif line.get("event") == "stopped" and asked is not None:
            stops.append((datetime.fromisoformat(line["timestamp"]) - asked).total_seconds())
    return stops

"""A broker, watches under fault, a week on their clock, the checker, and a report of what was done."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from tests.broker.zombie import faults
from tests.broker.zombie.campaign import BROKER_SETTINGS, REFUSALS
from tests.broker.zombie.cell import _log_lines
from tests.broker.zombie.gather import read_all
from tests.broker.zombie.member import Member
from tests.builders.golden import event
from tests.builders.standing import receipt
from tests.builders.users import as_user, credentials_of

from cbrn_consumers.alert import read_alert
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_deploy.provisioning import TopicSpec, connected
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.receipt import receipts_topic, record_of
from cbrn_schemas.records import rfc3339
from cbrn_schemas.standing_record import read_standing, standing_topic
from cbrn_schemas.topics import Realm, bus_topic, to_topic
from cbrn_schemas.unanswered import UNANSWERED_TYPE, Unanswered
from cbrn_schemas.users import User

from .checker import Alarm, Case, Verdict, check
from .told import check_standings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cbrn_schemas.settings import Settings
    from cbrn_schemas.standing_record import SituationStands

REALM: Final = Realm.EXERCISE
WATCH: Final = User(REALM, None, "watch")
BODIES: Final = ("mes", "mes-cmc", "mes-hydromet", "moh")
SHARDS: Final = 4
WEEK_S: Final = 7 * 86_400
AFTERS: Final = [timedelta(hours=hours) for hours in (0, 3, 3, 4, 4)]
POLICIES: Final = """
crisis_centre: mes-cmc
policies:
  - name: week
    accept: {lead: 6h}
    steps:
      - {to: second-officer, tell: [mes]}
      - {to: deputy, after: 3h}
      - {to: body, after: 3h}
      - {to: parent, after: 4h}
      - {to: crisis-centre, after: 4h}
"""
CREATED: Final = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**62)}
"""The week's time stands in the records: nobody's clock but the test's runs so fast."""
SESSION_S: Final = 1.5
PLANS: Final = ("silent", "silent", "accepted", "acknowledged", "late", "declined")
FAULTS: Final = (
    (faults.zombie, 4),
    (faults.pause, 2),
    (faults.kill_in_transaction, 3),
    (faults.kill, 1),
    (faults.restart, 2),
)
SETTLE_S: Final = 90
CALM_S: Final = (0.5, 3.0)


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What each worker is told; see `worker.py`."""

    credentials: str
    """File by which the worker is let in."""
    realm: str
    bodies: tuple[str, ...]
    policies: str
    began: float
    speed: float
    session_timeout_ms: int
    transaction_timeout_ms: int
    instance: str | None = None
    fencing: bool = True


@dataclass(slots=True)
class Report:
    """What was done, and what the checker says."""

    seed: int
    duration_s: float
    week_s: float
    faults: Counter[str]
    cases: list[Case]
    alarms: list[Alarm]
    lost: Counter[str]
    takeovers: int
    lateness_s: list[float]
    """Of each first step: real seconds from its time to when it was written."""
    verdict: Verdict
    standings: int
    """Records by which bodies were told where the others stand."""
    untrue: list[str]
    """What was wrong with them."""

    @property
    def fenced(self) -> int:
        """Memberships that ended since somebody else had taken the shard."""
        return sum(count for kind, count in self.lost.items() if kind in REFUSALS)

    def lines(self) -> list[str]:
        late = sorted(self.lateness_s)
        verdict, kinds = self.verdict, ", ".join(f"{count} {kind}" for kind, count in self.lost.most_common())
        days = self.week_s / 86_400
        head = f"watch under fault, seed {self.seed}: {sum(self.faults.values())} faults in {self.duration_s:.0f} s"
        times = f"median {late[len(late) // 2]:.2f}, p99 {late[int(len(late) * 0.99)]:.2f}, longest {late[-1]:.2f}"
        found = f"missed {len(verdict.missed)}, doubled {len(verdict.doubled)}, wrong {len(verdict.wrong)}"
        return [
            f"{head}, {days:.1f} days on the watch's clock",
            *(f"  {count:5d}  {kind}" for kind, count in self.faults.most_common()),
            f"alerts to bodies {len(self.cases)}, alarms {len(self.alarms)}, shards taken over {self.takeovers}",
            f"memberships given up: {kinds or 'none'}",
            f"seconds from a time to its being passed on, faults included: {times}",
            f"records of where the others stand: {self.standings}, untrue or told twice {len(self.untrue)}",
            f"verdict: {found}",
            *(f"  {one}" for kind in (*verdict, self.untrue) for one in kind[:5]),
        ]


class Week:
    """The realm, its clock, who tells and who answers."""

    def __init__(self, settings: Settings, folder: Path, rng: random.Random, *, lasts_s: float, rate: float) -> None:
        self.settings = settings
        self.began = time.time()
        self.lasts_s, self.speed, self.rate = lasts_s, WEEK_S / lasts_s, rate
        self.rng = rng
        self.cases: list[Case] = []
        self._answering: set[asyncio.Task[None]] = set()
        self._producer = AIOKafkaProducer(**settings.connection(), acks="all", enable_idempotence=True)
        (folder / "escalation.yaml").write_text(POLICIES)
        self.options = WatchOptions(
            str(credentials_of(settings, WATCH)),
            REALM.value,
            BODIES,
            str(folder),
            self.began,
            self.speed,
            int(SESSION_S * 1000),
            10_000,
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.began + (time.time() - self.began) * self.speed, UTC)

    async def provision(self) -> None:
        names = [to_topic(REALM, body, "alerts") for body in BODIES]
        names += [receipts_topic(REALM, body) for body in BODIES]
        names += [standing_topic(REALM, body) for body in BODIES]
        names += [bus_topic(REALM, name) for name in ("standing", "misplaced-watch")]
        specs = [TopicSpec(name, SHARDS, 1, CREATED) for name in names]
        specs.append(TopicSpec(bus_topic(REALM, "state-watch"), SHARDS, 1, {"cleanup.policy": "compact"} | CREATED))
        async with connected(self.settings) as cluster:
            await cluster.create(specs)

    async def run(self) -> None:
        """Tell, and have answered, until the week is over."""
        await self._producer.start()
        ends = time.time() + self.lasts_s
        try:
            while time.time() < ends:
                await self._tell()
                await asyncio.sleep(self.rng.uniform(0, 2 / self.rate))
            await asyncio.gather(*self._answering)
        finally:
            await self._producer.stop()

    async def _send(self, topic: str, key: bytes, headers: Any, value: bytes) -> datetime:
        stamp = int(self.now().timestamp() * 1000)
        await self._producer.send_and_wait(topic, value, key=key, headers=headers, timestamp_ms=stamp)
        return self.now()

    async def _tell(self) -> None:
        name = f"KG-{len(self.cases)}"
        value = event("chemical-release", situation=name, status="Exercise").model_dump_json(exclude_none=True).encode()
        for body, role in (("mes-hydromet", "lead"), ("moh", "support"))[: self.rng.choice((1, 1, 2))]:
            due = self.now() + timedelta(hours=self.rng.uniform(5, 8))
            headers = binary_headers(
                id=f"e-{name}", source="/mes", type="kg.cbrn.incident.chemical-release.v1", time=rfc3339(self.now())
            )
            order = {"role": role, "rule": "a-rule", "rulebook": "0" * 12, "acknowledge_by": rfc3339(due)}
            headers += [(f"cbrn_{key}", text.encode()) for key, text in order.items()]
            await self._send(to_topic(REALM, body, "alerts"), name.encode(), headers, value)
            case = Case(name, body, due, role)
            self.cases.append(case)
            answering = asyncio.create_task(self._answer(case, self.rng.choice(PLANS)))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer(self, case: Case, plan: str) -> None:
        """What a body does, some hours later."""
        hours = {"accepted": (1, 4), "acknowledged": (1, 4), "late": (7, 20), "declined": (1, 4)}.get(plan)
        if hours is None:
            return
        await asyncio.sleep(self.rng.uniform(*hours) * 3600 / self.speed)
        act = {"late": "accepted"}.get(plan, plan)
        given = receipt(
            act, body=case.body, event=f"e-{case.situation}", situation=case.situation, realm=REALM, name=case.situation
        )
        key, headers, value = record_of(given)
        confirmed = await self._send(receipts_topic(REALM, case.body), key, headers, value)
        case.answers.append((act, confirmed))

    async def alarms(self) -> list[Alarm]:
        """Everything that was passed on."""
        found = []
        topics = [to_topic(REALM, body, "alerts") for body in BODIES]
        async for record in read_all(self.settings, topics, SHARDS):
            if ("ce_type", UNANSWERED_TYPE.encode()) not in record.headers:
                continue
            alert = read_alert(record)
            said = alert.event
            assert isinstance(said, Unanswered)
            where = record.topic.split(".")[2]
            of = (said.situation, said.body, said.lacking, said.level, said.asked == where)
            found.append(Alarm(where, alert.id, *of, said.due, said.at, alert.origin.timestamp))
        return found

    async def standings(self) -> list[tuple[str, SituationStands]]:
        """Everything that bodies were told of the others, in the order of each partition."""
        topics = [standing_topic(REALM, body) for body in BODIES]
        return [
            (record.topic.split(".")[2], read_standing(list(record.headers), record.value))
            async for record in read_all(self.settings, topics, SHARDS)
        ]


async def run(
    number: int,
    seed: int,
    logs: Path,
    *,
    members: int = 3,
    fencing: bool = True,
    brokers: bool = True,
    tell: Callable[[str], None] = print,
    fault_s: float = 3.5,
    rate: float = 10.0,
) -> Report:
    """Cause `number` faults while a week passes; then wait until nothing is due, and judge."""
    rng = random.Random(seed)  # noqa: S311 - a test that can be repeated
    (logs / "policies").mkdir(exist_ok=True)
    async with EmbeddedKafka(settings=BROKER_SETTINGS) as kafka:
        lasts_s = max(30.0, number * fault_s)
        week = Week(kafka.settings(realm=REALM), logs / "policies", rng, lasts_s=lasts_s, rate=rate)
        await week.provision()
        await as_user(week.settings, WATCH)
        week.began = time.time()
        program = Path(__file__).with_name("worker.py")
        options = WatchOptions(
            **{name: getattr(week.options, name) for name in WatchOptions.__slots__}
            | {"fencing": fencing, "began": week.began}
        )
        team = [Member(f"watch-{n}", options, logs / f"watch-{n}.log", program) for n in range(members)]
        guest = Member("guest", options, logs / "guest.log", program)
        done: Counter[str] = Counter()
        began = time.monotonic()
        try:
            await asyncio.gather(*(member.start() for member in team))
            await asyncio.gather(*(member.wait_ready() for member in team))
            await _suffer(week, kafka, team, guest, number, rng, done, tell, visits=fencing, brokers=brokers)
            duration_s = time.monotonic() - began
            await _settle(week)
            passed_s = (week.now() - datetime.fromtimestamp(week.began, UTC)).total_seconds()
            await asyncio.gather(*(member.stop() for member in team))
        finally:
            for member in (*team, guest):
                await member.destroy()
        alarms, standings = await week.alarms(), await week.standings()
    lines = [line for member in (*team, guest) for line in _log_lines(member.log_file)]
    lost = Counter(
        line["error"].partition(":")[0] for line in lines if line.get("event", "").startswith("membership l")
    )
    late = [(each.written - each.due).total_seconds() / week.speed for each in alarms if each.asked and each.level == 1]
    takeovers = sum(line.get("event") == "shard taken" for line in lines)
    verdict = check(week.cases, alarms, AFTERS)
    untrue = check_standings(week.cases, standings)
    return Report(
        seed,
        duration_s,
        passed_s,
        done,
        week.cases,
        alarms,
        lost,
        takeovers,
        late,
        verdict,
        len(standings),
        untrue,
    )


async def _suffer(  # noqa: PLR0917 - all of it takes part
    week: Week,
    kafka: EmbeddedKafka,
    team: list[Member],
    guest: Member,
    number: int,
    rng: random.Random,
    done: Counter[str],
    tell: Callable[[str], None],
    *,
    visits: bool,
    brokers: bool,
) -> None:
    cell: Any = SimpleNamespace(options=SimpleNamespace(session_s=SESSION_S, transaction_timeout_s=10.0))
    left = [number]

    async def hand(act: Callable[[], Awaitable[str]], calm_s: float = 0.0) -> None:
        await asyncio.sleep(rng.uniform(*CALM_S))
        while left[0] > 0:
            left[0] -= 1
            began = time.monotonic()
            name = await act()
            done[name] += 1
            tell(f"{time.monotonic() - began:5.1f} s  {name}")
            await asyncio.sleep(calm_s + rng.uniform(*CALM_S))

    def of(member: Member) -> Callable[[], Awaitable[str]]:
        kinds = [fault for fault, weight in FAULTS for _ in range(weight)]
        return lambda: rng.choice(kinds)(cell, member, rng)

    async def broker() -> str:
        frozen = rng.random() < 0.5
        act, back = (kafka.pause_broker, kafka.resume_broker) if frozen else (kafka.kill_broker, kafka.start_broker)
        await asyncio.to_thread(act, 1)
        await asyncio.sleep(rng.uniform(1, 4))
        await asyncio.to_thread(back, 1)
        return f"broker {'frozen' if frozen else 'killed'}"

    async with asyncio.TaskGroup() as hands:
        hands.create_task(week.run())
        for member in team:
            hands.create_task(hand(of(member)))
        if visits:
            hands.create_task(hand(lambda: faults.visit(cell, guest, rng), calm_s=4.0))
        if brokers:
            hands.create_task(hand(broker, calm_s=12.0))


async def _settle(week: Week) -> None:
    """Wait until all that had to be passed on is there, or the time is out: what is missing the checker will name."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and check(week.cases, await week.alarms(), AFTERS).missed:  # noqa: ASYNC110 - Kafka is asked
        await asyncio.sleep(1)
    await asyncio.sleep(5 * 3600 / week.speed)  # what would come too much comes now

"""Who answers an alert and who does not, played on the running bus: the watch, the officers' SMS, the receipts.

The product's own processes run here and not as children, since the watch is given a clock that can be moved ahead: an
hour of silence is then shown in a second. Kafka's times stay as they are. What is shown is what was read back.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer

from cbrn_consumers.alert import read_alert
from cbrn_consumers.answering import Answers
from cbrn_consumers.feed import feed_group
from cbrn_consumers.notify import Servers
from cbrn_consumers.notify import service as notify
from cbrn_consumers.standing.reader import read_situation
from cbrn_consumers.watch import Watch
from cbrn_deploy.cli.demo.answer_cards import Alarm, Rung, answered_card, passed_on_card, reply_card
from cbrn_deploy.cli.demo.duty_files import numbers_of, write_duty
from cbrn_deploy.cli.demo.watch import ends
from cbrn_deploy.processes.local_users import give_rights
from cbrn_producers.simulator import Alerted, SmsCentre
from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions, Worker
from cbrn_schemas.events.parse import VALIDATORS
from cbrn_schemas.topics import bus_topic, to_topic, watch_name
from cbrn_schemas.unanswered import WATCH_SOURCE, Conclusion, Unanswered
from cbrn_schemas.users import User

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable

    from cbrn_consumers.standing import PartyStanding, SituationStanding
    from cbrn_consumers.standing.reader import Read
    from cbrn_deploy.cli.demo.bus import Bus
    from cbrn_deploy.cli.demo.cards import Card
    from cbrn_deploy.cli.demo.texts import Speech
    from cbrn_producers.simulator import Duty, Step
    from cbrn_schemas.settings import Settings

READY_WITHIN_S: Final = 30.0
STOP_WITHIN_S: Final = 10.0
ANSWER_WITHIN_S: Final = 15.0
"""After this the play goes on without what was waited for; the check will say what is missing."""
LOOK_EVERY_S: Final = 0.1
SMPP: Final = {"host": "127.0.0.1", "system_id": "cbrn", "password": "demo", "sender": "1122"}
CODE: Final = re.compile(r"A [0-9]{4}$")
"""With what an officer replies; it is the end of the message."""


class Answering:
    """One case's answers, and what its officers' telephones got."""

    def __init__(self, bus: Bus, duty: Duty, centre: SmsCentre, speech: Speech) -> None:
        self.situation = ""
        """The situation that is answered; whoever plays names it."""
        self.expected: dict[Alerted, str] = {}
        """The watch's alarms that must lie on the bus, with their roles."""
        self.not_happened: list[str] = []
        """What did not come in time, by step."""
        self.counts = {"answers": 0, "passed_on": 0, "messages": 0}
        self.ahead = timedelta(0)
        self.tasks: list[asyncio.Task[None]] = []
        """What must not end before the play does."""
        self._bus, self._duty, self._centre, self._speech = bus, duty, centre, speech
        self._settings = bus.settings
        self._numbers = numbers_of(duty)
        self._seen = dict.fromkeys(self._numbers, 0)
        """Messages to each seat that were shown."""

    def now(self) -> datetime:
        """Return the time by the demo's clock."""
        return datetime.now(UTC) + self.ahead

    async def perform(self, step: Step) -> Card:
        """Do what a step says, and return what the bus says of it."""
        if step.later_min is not None:
            return await self._later(step, step.later_min)
        return await (self._reply(step, step.reply) if step.reply is not None else self._answer(step))

    async def rung(self, step: Step) -> list[Rung]:
        """Wait until the telephones that a step names have rung; return what they show."""
        found = []
        for seat in step.rings:
            number, self._seen[seat] = self._numbers[seat], self._seen[seat] + 1
            try:
                messages = await self._centre.wait_for(self._seen[seat], number, ANSWER_WITHIN_S)
            except TimeoutError:
                self._missed(step, f"SMS to {seat}")
            else:
                found.append(Rung(self._speech.words(self._duty.officers[seat]), messages[self._seen[seat] - 1].text))
                self.counts["messages"] += 1
        return found

    async def standing(self) -> tuple[SituationStanding | None, Read]:
        """Read where everybody stands, as `cbrn standing` does."""
        read = await read_situation(self._settings, self.situation)
        return read.standings.of(self.situation), read

    async def _answer(self, step: Step) -> Card:
        answer = step.answer
        assert answer is not None
        alerts = (await self._read(answer.by)).alerts

        async def answered(body: str) -> None:
            async with Answers(body, settings=self._bus.of_body(body)) as answers:
                for act in answer.acts:
                    await answers.say(alerts[body], act, by=self._speech.words(answer.by[body]))

        await asyncio.gather(*map(answered, answer.by))
        parties = [await self._party(body) for body in answer.by]
        for party in parties:
            given = [each for each in party.answers if each.receipt.act in answer.acts]
            self.counts["answers"] += len(given)
            if len(given) < len(answer.acts):
                self._missed(step, f"receipts of {party.body}")
        return answered_card(self.situation, parties, self._speech)

    async def _later(self, step: Step, minutes: int) -> Card:
        """Set the watch's clock ahead, and wait for what it makes of that."""
        self.ahead += timedelta(minutes=minutes)
        self.counts["passed_on"] += 1
        wanted = step.told.roles()
        alarms = await _until(lambda: self._alarms(wanted), lambda found: found.keys() == wanted.keys())
        for body, role in wanted.items():
            name = alarms[body].id if body in alarms else f"{self.situation} {step.id}"
            self.expected[Alerted(body, "alerts", WATCH_SOURCE, name)] = role
        if wanted.keys() - alarms.keys():
            self._missed(step, f"alarm to {', '.join(sorted(wanted.keys() - alarms.keys()))}")
        party = await self._party(step.body)
        return passed_on_card(party, alarms, await self._concluded("passed-on"), self.now(), self._speech)

    async def _reply(self, step: Step, seat: Any) -> Card:
        number = self._numbers[seat]
        code = CODE.search(self._centre.sent(number)[-1].text) if self._centre.sent(number) else None
        said = code[0] if code else "A"
        before = len((await self._party(step.body)).answers)
        await self._centre.reply(number, said)
        party = await _until(lambda: self._party(step.body), lambda found: len(found.answers) > before)
        concluded = await _until(lambda: self._concluded("answered"), lambda found: found is not None)
        self.counts["answers"] += len(party.answers) - before
        self.counts["messages"] += 1
        if len(party.answers) == before or concluded is None:
            self._missed(step, f"answer by SMS of {step.body}")
        return reply_card(self._speech.words(self._duty.officers[seat]), said, party, concluded, self._speech)

    async def _read(self, bodies: Iterable[str]) -> Read:
        return await read_situation(self._settings, self.situation, bodies, delivered=False)

    async def _party(self, body: str) -> PartyStanding:
        found = (await self._read([body])).standings.of(self.situation)
        assert found is not None, "who is asked was told"
        return found.parties[0]

    async def _alarms(self, bodies: Collection[str]) -> dict[str, Alarm]:
        """Read the watch's latest alarm to each of these bodies, in their order."""
        topics = {to_topic(self._settings.realm, body, "alerts"): body for body in bodies}
        found: dict[str, Alarm] = {}
        for record in await read_all(self._settings, *topics):
            if record.key == self.situation.encode():
                alert = read_alert(record)
                if isinstance(alert.event, Unanswered) and alert.level == self.counts["passed_on"]:
                    found[topics[record.topic]] = Alarm(alert.id, alert.role, alert.event)
        return {body: found[body] for body in bodies if body in found}

    async def _concluded(self, outcome: str) -> Conclusion | None:
        """Read what the watch has written down last of that sort."""
        found = await read_all(self._settings, bus_topic(self._settings.realm, "standing"))
        said = [Conclusion.model_validate_json(each.value or b"") for each in found]
        ours = [each for each in said if (each.situation, each.outcome) == (self.situation, outcome)]
        return ours[-1] if ours else None

    def _missed(self, step: Step, what: str) -> None:
        self.not_happened.append(f"{step.id}: {what}")


def prepare() -> None:
    """Build and import what watch and notify else would while the event loop waits for them."""
    VALIDATORS.build()
    for name in ("mail", "others", "sms", "webhook"):
        import_module(f"cbrn_consumers.notify.{name}")


@asynccontextmanager
async def answering(bus: Bus, duty: Duty, speech: Speech) -> AsyncGenerator[Answering]:
    """Run watch, notify and SMS centre, each as the user it is; they end with the block."""
    settings, folder = bus.settings, bus.folder
    watching, telling = User(settings.realm, None, "watch"), User(settings.realm, duty.body, "notify")
    await give_rights(bus.kafka, (watching, telling))
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(SmsCentre())
        made = Answering(bus, duty, centre, speech)
        # The case alone is watched: what was played before stays unanswered, and its hours would run out, too.
        await _begin_here(settings, watch_name(settings.realm), feed_group(settings.realm, duty.body, notify.NAME))
        rota = folder / "rota"
        write_duty(rota, duty, speech, made.now())
        servers = Servers.model_validate({"smpp": SMPP | {"port": centre.port}})
        told = bus.settings_of(telling).model_copy(update={"rota_dir": rota})
        # Without the rota: that nobody has tested these officers' channels is right, and an alarm of another case.
        watched = bus.settings_of(watching).model_copy(update={"rota_dir": folder / "none"})
        watch = Worker(Watch(MemberOptions(watched, clock=made.now)))
        officers = notify.NotifyService(told, duty.body, servers, parking=folder / "parked")
        made.tasks += await asyncio.gather(*(stack.enter_async_context(_running(each)) for each in (watch, officers)))
        await centre.wait_for_session()
        yield made


@asynccontextmanager
async def _running(work: Worker | notify.NotifyService) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(work.run())
    ready = asyncio.create_task(work.ready.wait())
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield task
    finally:
        ready.cancel()
        work.stop()
        await asyncio.wait({task}, timeout=STOP_WITHIN_S)
        task.cancel()


async def _begin_here(settings: Settings, *groups: str) -> None:
    """Let groups begin where the topics end now."""
    positions = await ends(settings, "to", "from")
    for group in groups:
        consumer = AIOKafkaConsumer(**settings.connection(), group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(list(positions))
            await consumer.commit(positions)
        finally:
            await consumer.stop()


async def _until(ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as wanted, or its time is up; return the last one."""
    loop = asyncio.get_running_loop()
    end = loop.time() + ANSWER_WITHIN_S
    while not wanted(found := await ask()) and loop.time() < end:  # noqa: ASYNC110 - Kafka is asked
        await asyncio.sleep(LOOK_EVERY_S)
    return found

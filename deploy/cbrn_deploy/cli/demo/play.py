"""One demo from beginning to end: the composition root of bus, play, monitoring, screen and check."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from aiokafka import TopicPartition

from cbrn_deploy.cli.demo.board import Board
from cbrn_deploy.cli.demo.bus import Bus, RouterDiedError, running_bus
from cbrn_deploy.cli.demo.cards import quarantined_card, repeated_card, routed_card, silent_card
from cbrn_deploy.cli.demo.check import Findings, compare, find
from cbrn_deploy.cli.demo.invitation import invite, show_next, show_standing
from cbrn_deploy.cli.demo.summary import Summary, show_findings, show_summary
from cbrn_deploy.cli.demo.watch import Routing, ends, watching
from cbrn_deploy.cli.printing import json_text
from cbrn_deploy.kafka import EmbeddedKafka
from cbrn_producers.simulator import Alerted, Published, Script, Stage, Station, measure, play, scenarios, stations
from cbrn_schemas.events import Incident, parse_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from pathlib import Path

    from cbrn_deploy.cli.demo.answering import Answering
    from cbrn_deploy.cli.demo.cards import Card
    from cbrn_deploy.cli.demo.screen import Screen
    from cbrn_producers.simulator import Scenario, Step
    from cbrn_schemas.settings import Settings

ANSWER_WITHIN_S: Final = 15.0
"""After this the play goes on without the router's answer; the check will say what is missing."""
DRAIN_WITHIN_S: Final = 30.0
ECHO_S: Final = 0.3
"""An alert that the router has committed reaches the watcher well within this."""
STATUS_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What the user asked for."""

    scenarios: Sequence[Scenario]
    speed: float
    stay: bool
    """Keep the bus up after the play."""
    data: Path | None
    as_json: bool
    began: float
    """When the command was given; seconds since 1970."""
    plaintext: bool = False


def run_demo(settings: Settings, plan: Plan, screen: Screen) -> int:
    """Play, check, summarise; return the exit status."""
    screen.rule(screen.speech.say("name"))
    screen.line(screen.speech.say("realm"), "green")
    # Here and not in the event loop: a download that Ctrl-C interrupts must end at once.
    with screen.fetching() as progress:
        EmbeddedKafka.fetch(progress)
    try:
        return asyncio.run(_Demo(settings, plan, screen).run())
    except RouterDiedError as error:
        for line in error.log_tail.splitlines():
            screen.line(f"  {line}", "dim")
        raise


class _Demo:
    def __init__(self, settings: Settings, plan: Plan, screen: Screen) -> None:
        self._settings = settings
        self._plan = plan
        self._screen = screen
        self._speech = screen.speech
        self._board = Board()
        self._tag = f"{datetime.now(UTC):%m%d%H%M%S}"
        self._expected: dict[Alerted, str] = {}
        self._wrong_reason: list[str] = []
        self._summary = Summary([scenario.name for scenario in plan.scenarios])
        self._knowing: dict[str, set[str]] = {}
        """Bodies that know of each situation."""
        self._background: list[asyncio.Task[None]] = []
        """What must not end before the play does."""
        self._answered: list[str] = []
        """Situations of which answers were played."""
        self._not_happened: list[str] = []
        self._staying = False
        self._status = STATUS_FAILED

    async def run(self) -> int:
        """Run everything, from nothing to nothing. Raises what the bus or the agencies raise, never in a group."""
        this = asyncio.current_task()
        assert this is not None
        for number in (signal.SIGTERM, signal.SIGHUP):  # asyncio sees to SIGINT
            asyncio.get_running_loop().add_signal_handler(number, this.cancel)
        async with AsyncExitStack() as stack:
            plan = self._plan
            starting = running_bus(
                self._settings, plan.data, self._screen, bodies=_bodies(plan.scenarios), plaintext=plan.plaintext
            )
            bus = await stack.enter_async_context(starting)
            tasks = {asyncio.create_task(self._run_on(bus)), asyncio.create_task(bus.watch_routers())}
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                if not self._staying:  # otherwise it is the end that the user was told to use
                    raise
                return 0
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            # A dead router explains what else went wrong.
            failed = sorted(
                filter(None, (task.exception() for task in done)), key=lambda e: not isinstance(e, RouterDiedError)
            )
            if failed:
                raise failed[0]
            return self._status
        raise AssertionError("the bus swallowed an error")

    async def _run_on(self, bus: Bus) -> None:
        settings = bus.settings
        async with AsyncExitStack() as stack:
            with self._screen.starting("agencies"):
                stage = await stack.enter_async_context(Stage(bus.of_body))
                self._routing = await stack.enter_async_context(Routing(settings))
                await stage.open(_senders(self._plan.scenarios), _careless(self._plan.scenarios))
                start = await ends(settings, "to", "bus")
                self._background.append(await stack.enter_async_context(watching(settings, start, self._board)))
            seconds = f"{time.time() - self._plan.began:.1f}"
            self._screen.line(self._speech.say("ready", seconds=seconds, servers=settings.bootstrap_servers), "bold")
            if bus.desk is not None:
                self._screen.desk(bus.desk)
            await self._play_all(bus, stage)
            findings = await self._check(settings, start)
            self._conclude(findings)
            if self._plan.stay:
                await self._stay(bus, stage)
            self._status = 0 if findings.clean else STATUS_FAILED

    # -- the play

    async def _play_all(self, bus: Bus, stage: Stage) -> None:
        routine = asyncio.create_task(measure(stage, self._tag, self._measured))
        self._background.append(routine)
        try:
            for scenario in self._plan.scenarios:
                self._introduce(scenario)
                async with self._with_answers(scenario, bus) as answers:
                    with self._screen.live(self._board):
                        await self._play(scenario, stage, answers)
                    if answers is not None:
                        await self._conclude_answers(answers)
        finally:
            routine.cancel()
            await asyncio.wait({routine})
            self._background.remove(routine)

    @asynccontextmanager
    async def _with_answers(self, scenario: Scenario, bus: Bus) -> AsyncGenerator[Answering | None]:
        """Run what answers need, for a case that shows some."""
        if scenario.duty is None:
            yield None
            return
        async with AsyncExitStack() as stack:
            with self._screen.starting("answering"):
                # Not here: on a busy machine that takes seconds, in which the agencies would lose their connections.
                room = await asyncio.to_thread(import_module, "cbrn_deploy.cli.demo.answering")
                await asyncio.to_thread(room.prepare)
                running = room.answering(bus, scenario.duty, self._speech)
                answers = await stack.enter_async_context(running)
            self._background += answers.tasks
            try:
                yield answers
            finally:
                self._background = [task for task in self._background if task not in answers.tasks]

    async def _conclude_answers(self, answers: Answering) -> None:
        """Show where everybody stands, and keep what is to be checked and counted."""
        standing, read = await answers.standing()
        show_standing(self._screen, standing, read.warnings, answers)
        self._expected |= answers.expected
        self._not_happened += answers.not_happened
        self._answered.append(answers.situation)
        self._summary.answers.update(answers.counts)

    def _introduce(self, scenario: Scenario) -> None:
        self._screen.line()
        self._screen.rule(self._speech.words(scenario.title))
        self._screen.line(self._speech.words(scenario.story))
        self._screen.line(self._speech.say("liberties", source=scenario.source), "dim")

    async def _play(self, scenario: Scenario, stage: Stage, answers: Answering | None) -> None:
        script = Script(scenario, self._tag)

        def before(step: Step) -> None:
            for task in self._background:
                if task.done():
                    task.result()
            number = scenario.steps.index(step) + 1
            self._screen.announce(number, len(scenario.steps), self._speech.words(step.comment), self._board)
            if step.later_min is not None:
                self._screen.line(self._speech.say("later", minutes=step.later_min), "bold magenta")
            if step.event is not None and step.slip is None:
                source = f"/{step.body}" if step.system is None else f"/{step.body}/{step.system}"
                self._board.story((source, script.event_id(step.id)))

        async def perform(step: Step) -> None:
            if step.publishes:
                card = await self._follow(await stage.perform(step, script))
            else:
                assert answers is not None, "a case that answers has a duty"
                card = await answers.perform(step)
            if answers is not None:
                if step.event is not None:
                    answers.situation = script.situation(step)
                card.rows += [each.row(self._speech) for each in await answers.rung(step)]
            self._screen.card(card)

        await play(script, speed=self._plan.speed, before=before, perform=perform)

    async def _follow(self, published: Published) -> Card:
        """Wait for what the router makes of it, and return what is shown of that."""
        self._expected |= published.expected()
        if published.step.resend is not None:
            return await self._follow_repeated(published)
        source, identifier = published.watched
        story = self._board.story((source, identifier))
        story.published = published
        await self._board.completed(story, ANSWER_WITHIN_S)
        self._check_reason(published, story.quarantine)
        self._summary.count(published, story)
        if story.decision is not None:
            before = self._remember(published, {receipt.body for receipt in story.receipts})
            return routed_card(published, story, before, self._speech)
        if story.quarantine is not None:
            return quarantined_card(published, story, self._speech)
        return silent_card(published, ANSWER_WITHIN_S, self._speech)

    async def _follow_repeated(self, published: Published) -> Card:
        story = self._board.story((published.source, published.id))
        earlier = len(story.receipts)
        partition = TopicPartition(published.topic, published.partition)
        if not await self._routing.past({partition: published.offset + 1}, ANSWER_WITHIN_S):
            self._screen.card(silent_card(published, ANSWER_WITHIN_S, self._speech))
        await asyncio.sleep(ECHO_S)
        again = [receipt.body for receipt in story.receipts[earlier:]]
        self._summary.count(published, story)
        return repeated_card(published, again, self._speech)

    def _remember(self, published: Published, told: set[str]) -> set[str]:
        """Return who knew of the situation before; those told now know from now on."""
        event = parse_event(published.value)
        if not isinstance(event, Incident):
            return set()
        before = set(self._knowing.get(event.situation, ()))
        self._knowing.setdefault(event.situation, set()).update(told)
        return before

    def _check_reason(self, published: Published, headers: dict[str, str] | None) -> None:
        wanted = published.step.quarantined
        expected = None if wanted is None else (wanted.reason.value, wanted.where)
        found = None if headers is None else (headers.get("reason", ""), headers.get("where", ""))
        if found != expected:
            self._wrong_reason.append(f"{published.id}: {found} ≠ {expected}")

    def _measured(self, station: Station, alerts: dict[Alerted, str]) -> None:
        self._expected |= alerts
        self._board.measured(station, [alert.body for alert in alerts])

    # -- afterwards

    async def _check(self, settings: Settings, start: dict[TopicPartition, int]) -> Findings:
        self._screen.line()
        self._screen.rule(self._speech.say("checking"))
        await self._routing.past(await ends(settings, "from"), DRAIN_WITHIN_S)
        return compare(
            self._expected, await find(settings, start), tuple(self._wrong_reason), tuple(self._not_happened)
        )

    def _conclude(self, findings: Findings) -> None:
        first = self._board.first_alert_ms
        self._summary.first_alert_s = None if first is None else round(first / 1000 - self._plan.began, 1)
        self._summary.readings(self._board)
        if self._plan.as_json:
            print(json_text(self._summary.as_json(findings)))
        show_findings(findings, self._screen)
        show_summary(self._summary, self._screen)
        others = [each for each in scenarios() if each not in self._plan.scenarios]
        show_next(self._screen, others, stays=self._plan.stay)

    async def _stay(self, bus: Bus, stage: Stage) -> None:
        invite(self._screen, bus, self._plan.scenarios, self._tag, self._answered)
        self._staying = True
        await measure(stage, f"{self._tag}-on", lambda _station, _alerts: None)


def _senders(chosen: Sequence[Scenario]) -> list[tuple[str, str | None]]:
    return [(step.body, step.system) for step in _steps(chosen) if step.publishes and step.slip is None]


def _careless(chosen: Sequence[Scenario]) -> list[str]:
    return [step.body for step in _steps(chosen) if step.slip is not None]


def _bodies(chosen: Sequence[Scenario]) -> set[str]:
    """Return who publishes, measures or answers."""
    answering = {body for step in _steps(chosen) if step.answer is not None for body in step.answer.by}
    return {step.body for step in _steps(chosen)} | answering | {station.body for station in stations()}


def _steps(chosen: Sequence[Scenario]) -> list[Step]:
    return [step for scenario in chosen for step in scenario.steps]

"""The watch as a member of the exactly-once loop: what bodies are told and what they answer, against the time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from cbrn_consumers.alert import Origin, read_alert
from cbrn_consumers.standing import ANSWERS, told_of
from cbrn_consumers.watch.memory import WatchState
from cbrn_consumers.watch.policy import Policies
from cbrn_consumers.watch.pulse import Pulse
from cbrn_consumers.watch.round import Round
from cbrn_consumers.watch.stands import Teller
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.shards import lane_topics
from cbrn_routing.shards.placement import original, passed_on_headers
from cbrn_schemas.catalogue.bodies import is_abroad, receivers
from cbrn_schemas.errors import Doubt, InvalidEventError
from cbrn_schemas.events import Incident
from cbrn_schemas.receipt import STREAM, ReceiptError, SeenEvent, read_receipt, receipts_topic
from cbrn_schemas.standing_record import standing_topic
from cbrn_schemas.topics import Lane, Realm, bus_topic, parse_from_topic, to_topic, watch_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from cbrn_routing.bus.record import Record
    from cbrn_routing.shards import LaneTopics, MemberOptions, Name, Outbox

Place = TypeVar("Place")

LOOK_EVERY_S: Final = 5.0
"""How often the file of policies is looked at."""

log = structlog.get_logger(__name__)


class Watch:
    """A member that misses answers, for one realm."""

    lane = Lane.INCIDENTS

    def __init__(self, options: MemberOptions, *, bodies: Collection[str] = ()) -> None:
        """Keep to the bodies given, else everybody who is told.

        Raises:
            PolicyError: the policies cannot be used.
        """
        settings = options.settings
        self.options = options
        self.realm: Realm = settings.realm
        self.group = watch_name(self.realm)
        today = local_day(options.clock())
        self.bodies = sorted(bodies or receivers(today, ahead=True))
        self.home = [body for body in self.bodies if not is_abroad(body)]
        """To whom it says something itself: a partner is told what was released to it, and nothing else."""
        self.policies = Policies.load(settings.escalation, today)
        self.counts = {"told": 0, "answers": 0, "passed_on": 0, "left_out": 0, "standings": 0}
        self._hearers: frozenset[str] = frozenset()
        """Bodies that have a topic on which they are told where the others stand."""
        self._said_missing = False
        self._alerts = {to_topic(self.realm, body, "alerts"): body for body in self.bodies}
        self._misplaced = bus_topic(self.realm, "misplaced-watch")
        self.pulse = Pulse(settings, self.bodies, expected=lambda: self.policies.publishers)
        self._following: list[asyncio.Task[None]] = []

    def transactional_id(self, shard: int) -> str:
        """Name the writer of a shard."""
        return f"{self.group}.{shard}"

    def topics(self, counts: Mapping[str, int]) -> LaneTopics:
        """Say what is read and written.

        Raises:
            ShardsError: topics are missing, or have too few partitions.
        """
        receipts = [receipts_topic(self.realm, body) for body in self.bodies]
        state = bus_topic(self.realm, "state-watch")
        alarms = [topic for topic, body in self._alerts.items() if body in self.home]
        read, written = [*self._alerts, *receipts], [*alarms, bus_topic(self.realm, "standing")]
        standing = {standing_topic(self.realm, body): body for body in self.home}
        found = lane_topics(self.realm, self.lane, read, self._misplaced, state, written, counts, standing)
        missing = [topic for topic in standing if topic not in found.written]
        self._hearers = frozenset(standing.values()) - {standing[topic] for topic in missing}
        if missing and not self._said_missing:
            self._said_missing = True
            log.warning(
                "bodies cannot be told where the others stand: topics are missing, or have too few partitions",
                missing=len(missing),
                topic=missing[0],
                hint=f"Run `cbrn topics apply` for realm {self.realm}, then restart the watch: it then tells of every "
                "situation that it remembers. Answers are waited for all the same.",
            )
        return found

    async def prepare(self, stopping: asyncio.Event) -> None:
        """Follow the file of policies, and what waits on the bus."""
        del stopping
        if not self._following:
            self._following.append(asyncio.create_task(self.pulse.run()))
            if self.options.settings.escalation is not None:
                self._following.append(asyncio.create_task(self._follow()))

    async def close(self) -> None:
        """Follow them no longer."""
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _follow(self) -> None:
        said = ""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                folder, today = self.options.settings.escalation, local_day(self.options.clock())
                found = await asyncio.to_thread(Policies.load, folder, today)
            except Exception as error:  # noqa: BLE001 - whatever the file does, the next one is looked at
                if str(error) != said:
                    hint = getattr(error, "hint", type(error).__name__)
                    log.error("the escalation policies cannot be used", why=str(error), hint=hint)  # noqa: TRY400 - told in words
                said = str(error)
                continue
            said = ""
            if found != self.policies:
                self.policies = found
                log.info("escalation policies read", policies=len(found.policies))

    def new_state(self) -> WatchState:
        """Return a memory of nothing."""
        return WatchState(lambda: self.policies, lambda: self.pulse.quiet)

    async def inspect(self, fetched: dict[Place, list[Any]]) -> dict[Place, list[Any]]:
        """Return what was fetched: the router has looked at it, and receipts are not signed."""
        return fetched

    def handle(
        self,
        records: Iterable[Record],
        state: WatchState,
        outbox: Outbox,
        now: datetime,
        unwritable: Mapping[Name, InvalidEventError],
    ) -> None:
        """Take in alerts, or receipts, of one partition."""
        batch = self._round(state, outbox, now)
        outbox.at_last = partial(self._complete, state, outbox)
        for record in records:
            try:
                if (record.topic, record.partition, record.offset) in unwritable:
                    continue  # the loop has said so; what it would have changed is asked for again
                body = self._alerts.get(record.topic)
                if body is not None:
                    self._tell(body, record, batch)
                else:
                    self._answer(record, batch, outbox)
            except Exception as error:  # noqa: BLE001 - what fails by itself fails again, and the shard would stand
                self.counts["left_out"] += 1
                where = f"{record.topic}/{record.partition}/{record.offset}"
                foreseen = isinstance(error, InvalidEventError | ReceiptError | ValueError)
                say, why = (log.warning, str(error)[:300]) if foreseen else (log.error, type(error).__name__)
                say("a record says nothing to the watch, left out", record=where, why=why)

    def _round(self, state: WatchState, outbox: Outbox, now: datetime) -> Round:
        return Round(self.realm, self.policies, self.home, state=state, outbox=outbox, now=now)

    def _tell(self, body: str, record: Record, batch: Round) -> None:
        alert = read_alert(record)
        if Doubt.CLOCK_AHEAD in alert.warnings and isinstance(alert.event, Incident):
            batch.clock_off(alert.event.body)
        told = told_of(body, alert)
        if told is not None:
            SeenEvent(source=told.source, id=told.id)  # an alarm must be able to name it
            batch.tell(told)
            self.counts["told"] += 1

    def _answer(self, arrived: Record, batch: Round, outbox: Outbox) -> None:
        record: Any = original(arrived) if arrived.topic == self._misplaced else arrived
        ingress = parse_from_topic(record.topic)
        if ingress is None or ingress.stream != STREAM or ingress.realm != self.realm:
            raise ValueError("it is no receipt of this realm")
        receipt = read_receipt(list(record.headers), record.value, self.realm, ingress.body)
        if record.key != receipt.situation.encode():
            raise ValueError(f"its key is not its situation, {receipt.situation}")
        shard = outbox.placement.shard_of(receipt.situation.encode())
        if shard != outbox.placement.number:
            if arrived.topic == self._misplaced:
                raise ValueError("it was passed on to a shard whose it is not")
            body = outbox.encode(receipt.situation.encode(), record.value, passed_on_headers(record))
            outbox.append_elsewhere(self._misplaced, shard, body)
            return
        if receipt.act in ANSWERS:
            batch.take(receipt, Origin.of(arrived))  # of one that was passed on: when it was
            self.counts["answers"] += 1

    def elapse(self, state: WatchState, outbox: Outbox, now: datetime) -> None:
        """Hand on what nobody has answered in time."""
        batch = self._round(state, outbox, now)
        outbox.at_last = partial(self._complete, state, outbox)
        if self.pulse.quiet is not None:
            batch.hear_of(self.pulse.quiet, write=outbox.placement.number == 0)
        batch.elapse()
        self.counts["passed_on"] += batch.passed_on

    def _complete(self, state: WatchState, outbox: Outbox) -> None:
        """Tell where everybody stands, of situations that this transaction has changed."""
        teller = Teller(self.realm, self._hearers, outbox, self.options.clock())
        self.counts["standings"] += teller.tell(state)

"""The keeper of partners: holds each copy until persons, or an agreement, let it go; and writes down which, and why.

A release is one Kafka transaction of the reduced event to the partner's alerts, of the documents, and of the log's
record. What has become of each copy is known from the log, which is read behind the fence: so nothing leaves twice, by
however many hands, and no decision is applied twice, however often it comes.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

import structlog
from aiokafka.errors import MessageSizeTooLargeError

from cbrn_consumers.keeping import Keeper
from cbrn_consumers.partners.agreements import InForce
from cbrn_consumers.partners.copies import Copies, State
from cbrn_consumers.partners.decided import decided
from cbrn_consumers.partners.outbound import read_outbound
from cbrn_consumers.partners.releasing import departure
from cbrn_consumers.partners.steps import Step, ended_step, expired_step, recipients, weighed_step, withdrawn
from cbrn_consumers.partners.telling import endings
from cbrn_consumers.partners.weighing import cannot, weigh
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.bus.read import there
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.because import Because
from cbrn_schemas.catalogue.bodies import partners, receivers
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.partner_release import COPIES, Held, Refused, Weighed
from cbrn_schemas.person_decision import PartnerDecision, UnreadDecision
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from aiokafka import AIOKafkaProducer

    from cbrn_consumers.partners.copies import Copy
    from cbrn_consumers.partners.outbound import Outbound
    from cbrn_consumers.partners.releasing import Sign
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.partner_release import AnyRecord, Approved
    from cbrn_schemas.settings import Settings

TOPICS_EVERY_S: Final = 60.0
"""How often it is looked which topics there are."""

log = structlog.get_logger(__name__)


class PartnersKeeper(Keeper):
    """The keeper that applies agreements, and what persons decide on copies for partners."""

    name = "keeper of partners"
    role = "partners"
    writer = "partners.keeper"
    keeps = "releases"
    follows: ClassVar = ("outbound",)
    decides: ClassVar = PartnerDecision

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        """Take the folder of agreements, and the key with which documents are signed, from the settings.

        Raises:
            IdentityError: there is a key, and it cannot be used.
        """
        super().__init__(settings, clock)
        self._agreements = InForce(settings.agreements, makes_names=True)
        self._sign: Sign | None = None
        if settings.cap_key is not None:
            from cbrn_schemas.formats.signature import SigningIdentity, sign  # noqa: PLC0415 - only where it is needed

            self._sign = partial(sign, identity=SigningIdentity.from_file(settings.cap_key))

    @property
    def facts(self) -> dict[str, int]:
        """How many copies there are, and how many wait."""
        return {"copies": len(self.copies.all), "waiting": sum(copy.waits for copy in self.copies.all.values())}

    def begin(self) -> None:
        """Forget what was read."""
        self.copies = Copies(self.left_out)
        self._events: dict[str, Outbound] = {}
        """What waits, or may have to, whole; by the copy's id."""
        self._unweighed: set[str] = set()
        """Copies of which it is to be looked what the agreement in force makes of them."""
        self._waiting: dict[str, Copy] | None = None
        self._topics: frozenset[str] = frozenset()
        """Those that there are, of all into which it may write."""
        self._topics_at: float | None = None

    def writes(self) -> list[str]:
        """Return where it may write: alarms and copies at home, alerts and documents abroad."""
        realm, day = self.settings.realm, local_day(self.clock())
        abroad = partners(day, ahead=True)
        return [
            *(to_topic(realm, body, "alerts") for body in receivers(day, ahead=True)),
            *(to_topic(realm, body, COPIES) for body in receivers(day, ahead=True) if body not in abroad),
            *(to_topic(realm, body, "documents") for body in abroad),
        ]

    def take(self, records: list[Bytes]) -> None:
        """Take in the log, and copies that the router has written."""
        self.copies.take(record for record in records if record.topic == self.topic)
        for record in records:
            if record.topic == self.topic:
                continue
            try:
                outbound = read_outbound(record, self.clock())
            except InvalidEventError as error:
                said = "this is no copy for a partner, left out: nothing of it can leave"
                self.left_out.note(record, said, why=str(error), hint=error.hint)
                continue
            copy = self.copies.all.get(outbound.held.id)
            if copy is None or copy.waits:
                self._events.setdefault(outbound.held.id, outbound)
        for known in [name for name in self._events if name in self.copies.all and not self.copies.all[name].waits]:
            del self._events[known]

    async def see_to_all(self, producer: AIOKafkaProducer) -> None:
        """Hold what is new, weigh what has changed, apply what was decided, and let go or end what is due."""
        now = self.clock()
        changed = await self._look_at_topics() | await self._agreements.refresh(now)
        for known in [name for name in self._events if name not in self.copies.all]:
            await self._write(producer, Step(known, [self._events[known].held]))
        if changed or self._waiting is None:
            self._waiting = {name: copy for name, copy in self.copies.all.items() if copy.waits}
            self._unweighed.update(self._waiting)
        await self._weigh_all(producer, now)
        for known in self.pending.keys() & self.copies.answers.keys():
            del self.pending[known]
        while self.pending:
            await self._apply(producer, self.pending.pop(next(iter(self.pending))))
            await self._weigh_all(producer, self.clock())
        await self._elapse(producer)

    async def _look_at_topics(self) -> bool:
        """Look, now and then, which topics there are; tell whether that has changed.

        Who writes into one that there is not waits for ever.
        """
        at = asyncio.get_running_loop().time()
        if self._topics_at is not None and at - self._topics_at < TOPICS_EVERY_S:
            return False
        self._topics_at, before = at, self._topics
        self._topics = frozenset(await there(self.settings, self.writes()))
        return self._topics != before

    def _lacking(self, partner: str) -> str | None:
        """Name a topic without which nothing can leave for a partner."""
        wanted = (to_topic(self.settings.realm, partner, stream) for stream in ("alerts", "documents"))
        return next((topic for topic in wanted if topic not in self._topics), None)

    async def _weigh_all(self, producer: AIOKafkaProducer, now: datetime) -> None:
        """Look what becomes of copies by the agreements in force, and by what has left of their situation."""
        while self._unweighed:
            copy = self.copies.all[min(self._unweighed, key=self._came)]
            self._unweighed.discard(copy.id)
            if not copy.waits:
                continue
            outbound, over = self._events.get(copy.id), withdrawn(self.copies, copy, now)
            if over is not None:
                log.info("a copy is over before it left", copy=copy.id, because=over.because)
                await self._write(producer, ended_step(copy, over, self.settings.realm, now))
            elif outbound is None:  # older than Kafka keeps it
                await self._write(producer, expired_step(copy, self.settings.realm, now))
            else:
                weighed = self._weighed(copy, outbound, now)
                step = weighed_step(copy, weighed, self.copies, self.settings.realm, now)
                if step is not None:
                    await self._write_weighed(producer, copy, step, now)

    def _came(self, name: str) -> datetime:
        return self.copies.all[name].held.at

    def _weighed(self, copy: Copy, outbound: Outbound, now: datetime) -> Weighed:
        try:
            if (topic := self._lacking(copy.held.partner)) is not None:
                return cannot(copy, now, Because(code="no-topic", values={"topic": topic}))
            salt = self._agreements.salt
            former, agreement = self.copies.released_before(copy), self._agreements.of(copy.held.partner)
            return weigh(copy, outbound, agreement, former, signs=self._sign is not None, now=now, salt=salt)
        except Exception as error:
            # Whatever it is, it must not keep other copies from leaving; a person reads that this one cannot.
            log.exception("a copy cannot be shown as a partner would see it", copy=copy.id)
            return cannot(copy, now, Because(code="failed", values={"error": type(error).__name__}))

    async def _write_weighed(self, producer: AIOKafkaProducer, copy: Copy, step: Step, now: datetime) -> None:
        try:
            await self._write(producer, step)
        except MessageSizeTooLargeError:
            weighed = cannot(copy, now, Because(code="too-long"))
            again = weighed_step(copy, weighed, self.copies, self.settings.realm, now)
            if again is not None:
                await self._write(producer, again)

    async def _apply(self, producer: AIOKafkaProducer, decision: object) -> None:
        if not isinstance(decision, PartnerDecision | UnreadDecision):
            return
        now, realm = self.clock(), self.settings.realm
        word = decided(self.copies, decision, self.trust, realm, now)
        subject = word.entries[-1].id
        copy = self.copies.all.get(subject)
        shown_to = () if copy is None or copy.weighed is None else copy.weighed.bodies
        step = Step(subject, list(word.entries), shown_to=shown_to)
        if copy is not None:
            for refusal in (each for each in word.entries if isinstance(each, Refused)):
                step.outputs += endings(copy, refusal, realm, now)
        if word.approvals and copy is not None:
            self._let_go(copy, step, now, word.approvals)
        await self._write(producer, step)

    def _let_go(self, copy: Copy, step: Step, now: datetime, approvals: Sequence[Approved] = ()) -> None:
        """Add to a step that a copy leaves with it."""
        sign = self._sign if copy.shown is not None and copy.shown.signed else None
        leaving = departure(copy, self.settings.realm, now, sign=sign, approvals=approvals)
        if leaving.entry.unsigned is not None and leaving.entry.documents:
            log.warning("documents leave without a signature", copy=copy.id, why=leaving.entry.unsigned)
        step.entries.insert(max(len(step.entries) - 1, 0), leaving.entry)  # in front of the answer
        step.outputs += [*leaving.outputs, *endings(copy, leaving.entry, self.settings.realm, now)]
        log.info("a copy leaves", copy=copy.id, automatic=leaving.entry.automatic, agreement=leaving.entry.agreement)

    async def _elapse(self, producer: AIOKafkaProducer) -> None:
        """Let go what leaves by itself, end what nobody has released in time; in the order in which they came."""
        now = self.clock()
        for copy in [copy for copy in (self._waiting or {}).values() if copy.waits]:
            if copy.due is not None and copy.due <= now:
                log.warning("nobody has released a copy in time", copy=copy.id)
                await self._write(producer, expired_step(copy, self.settings.realm, now))
            elif (leaves := copy.leaves_at) is not None and leaves <= now:
                step = Step(copy.id, [], shown_to=() if copy.weighed is None else copy.weighed.bodies)
                self._let_go(copy, step, now, copy.approvals)
                await self._write(producer, step)
                await self._weigh_all(producer, now)

    async def _write(self, producer: AIOKafkaProducer, step: Step) -> None:
        """Write a step, all of it or nothing, and take it in."""
        realm = self.settings.realm
        day = local_day(self.clock())
        home = receivers(day).keys() - partners(day).keys()
        key = step.copy.encode()
        records: list[tuple[str, bytes, list[tuple[str, bytes]], bytes]] = [
            (self.topic, key, [], _value(entry)) for entry in step.entries
        ]
        records += [(topic, key, [], _value(entry)) for topic, entry in recipients(step, home, realm)]
        records += [(each.topic, each.key, each.headers, each.value) for each in step.outputs]
        if absent := sorted({topic for topic, *_ in records if topic not in self._topics} - {self.topic}):
            log.error("a body cannot be told: topics are missing", topics=absent, hint="Run `cbrn topics apply`.")
            records = [each for each in records if each[0] not in absent]
        async with self.transaction(producer) as taken:
            sent = [
                await producer.send(topic, value, key=key, headers=headers) for topic, key, headers, value in records
            ]
            taken.extend(await asyncio.gather(*sent))
        for entry in step.entries:
            self._note(entry)

    def _note(self, entry: AnyRecord) -> None:
        self.copies.add(entry)
        copy = self.copies.all.get(entry.id)
        if copy is None:
            return
        waiting = {} if self._waiting is None else self._waiting  # at the start it is made of all
        if isinstance(entry, Held):
            waiting[copy.id] = copy
            self._unweighed.update(each.id for each in self.copies.beside(copy) if each.waits)
        elif not copy.waits:
            waiting.pop(copy.id, None)
            self._events.pop(copy.id, None)
            if copy.state is State.RELEASED:
                self._unweighed.update(each.id for each in self.copies.beside(copy) if each.waits)


def _value(entry: AnyRecord) -> bytes:
    return entry.model_dump_json(exclude_none=True).encode()

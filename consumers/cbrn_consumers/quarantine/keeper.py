"""The keeper of the quarantine: puts records back as persons decide, and answers each decision.

A release is one Kafka transaction of the original bytes (or the corrected ones) into the topic that they came from and
of the answer, which marks the record as released. What has been answered is known from the topic, which is read behind
the fence: so no record is released twice, by however many hands, and no decision applied twice, however often it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import structlog
from aiokafka.errors import MessageSizeTooLargeError

from cbrn_consumers.keeping import Keeper
from cbrn_consumers.quarantine.decided import decided
from cbrn_consumers.quarantine.items import Answer, answer_of, quarantined, with_answers
from cbrn_producers.inbound.original import OVERRULED
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.bus.read import there
from cbrn_routing.signatures.body_key import BodyKey
from cbrn_routing.signatures.jws import sign_event, unsigned
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.envelope import read_envelope
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.person_decision import QuarantineDecision, UnreadDecision
from cbrn_schemas.topics import Lane, bus_topic, from_topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aiokafka import AIOKafkaProducer

    from cbrn_consumers.quarantine.items import Item
    from cbrn_consumers.quarantine.releasing import Release
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)
GONE = "Publish the event anew, on a topic that there is."


class QuarantineKeeper(Keeper):
    """The keeper that applies what persons decide on quarantined records."""

    name = "keeper of the quarantine"
    role = "quarantine"
    writer = "quarantine.release"  # as of persons' commands in former times: it ends what a broker left open of theirs
    keeps = "quarantine"
    decides: ClassVar = QuarantineDecision

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        """Take the key with which it signs what persons release from the settings, if there is one.

        Raises:
            SigningKeyError: it cannot be used.
        """
        super().__init__(settings, clock)
        self._key = None if settings.signing_key is None else BodyKey.from_file(settings.signing_key)

    @property
    def facts(self) -> dict[str, int]:
        """How many records were released."""
        return {"released": len(self.released)}

    def begin(self) -> None:
        """Forget what was read."""
        self.answers: dict[str, Answer] = {}
        """By the decision's id."""
        self.released: dict[str, Answer] = {}
        """The first release of each record, by its id. Not the records themselves: they can be many, and large."""

    def writes(self) -> list[str]:
        """Return every topic that a record may go back to."""
        bodies = publishers(self.clock().date(), ahead=True)
        events = [from_topic(self.settings.realm, body, lane) for lane in Lane for body in bodies]
        return [*events, bus_topic(self.settings.realm, OVERRULED)]

    def take(self, records: list[Bytes]) -> None:
        """Take in what has been answered."""
        for record in records:
            if (answer := answer_of(record)) is not None:
                self._note(answer)

    def _note(self, answer: Answer) -> None:
        self.answers.setdefault(answer.decision, answer)
        if not answer.why:
            self.released.setdefault(answer.record, answer)

    async def see_to_all(self, producer: AIOKafkaProducer) -> None:
        """Apply what was decided, one after the other."""
        for known in self.pending.keys() & self.answers.keys():
            del self.pending[known]
        if not self.pending:
            return
        items = await quarantined(self.settings)
        while self.pending:
            decision = self.pending.pop(next(iter(self.pending)))
            if isinstance(decision, QuarantineDecision | UnreadDecision):
                await self._apply(producer, decision, items)

    async def _apply(
        self, producer: AIOKafkaProducer, decision: QuarantineDecision | UnreadDecision, items: dict[str, Item]
    ) -> None:
        if (item := items.get(decision.subject)) is not None and (before := self.released.get(item.id)) is not None:
            # What was released is known from here: readers may not see yet what stands behind an open transaction.
            items[item.id] = with_answers(item, [before])
        plan, answer = decided(decision, items, self.trust, self.settings.realm, self.clock())
        if plan is not None and not await there(self.settings, [plan.topic]):
            answer = answer._replace(why=f"there is no topic {plan.topic} any more", hint=GONE)
            plan = None
        try:
            await self._write(producer, plan, answer)
        except MessageSizeTooLargeError:
            answer = answer._replace(why="the record does not fit the topic that it came from", hint=GONE)
            await self._write(producer, None, answer)
        self._note(answer)
        log.info("a decision is answered", decision=decision.id, record=decision.subject, refused=answer.why or None)

    def _headers(self, plan: Release) -> list[Header]:
        """Sign what a person's own signature has released: so it counts as signed where that is required.

        What only the body's topic speaks for is never signed: whoever has stolen its password could write there.
        """
        if self._key is None or not plan.vouched or plan.value is None:
            return plan.headers
        headers = unsigned(plan.headers)
        try:
            named = read_envelope(headers, plan.value).headers
        except InvalidEventError:  # put back as it is by a person's will: it is set aside again, and says why
            return plan.headers
        return [*headers, sign_event(self._key, plan.topic, named, plan.value, self.clock())]

    async def _write(self, producer: AIOKafkaProducer, plan: Release | None, answer: Answer) -> None:
        async with self.transaction(producer) as taken:
            if plan is not None:
                headers = self._headers(plan)
                sent = await producer.send_and_wait(plan.topic, plan.value, key=plan.key, headers=headers)
                taken.append(sent)
            key, headers = answer.record.encode(), answer.headers()
            taken.append(await producer.send_and_wait(self.topic, b"", key=key, headers=headers))

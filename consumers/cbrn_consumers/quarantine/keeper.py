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
from cbrn_routing.bus.read import there
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.person_decision import DutyDecision, QuarantineDecision
from cbrn_schemas.topics import Lane, from_topic

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

    from cbrn_consumers.quarantine.items import Item
    from cbrn_consumers.quarantine.releasing import Release
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.person_decision import UnreadDecision

log = structlog.get_logger(__name__)
GONE = "Publish the event anew, on a topic that there is."


class QuarantineKeeper(Keeper):
    """The keeper that applies what persons decide on quarantined records."""

    name = "keeper of the quarantine"
    role = "quarantine"
    writer = "quarantine.release"  # as of persons' commands in former times: it ends what a broker left open of theirs
    keeps = "quarantine"
    decides: ClassVar = QuarantineDecision

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
        return [from_topic(self.settings.realm, body, lane) for lane in Lane for body in bodies]

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
            if not isinstance(decision, DutyDecision):
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

    async def _write(self, producer: AIOKafkaProducer, plan: Release | None, answer: Answer) -> None:
        async with self.transaction(producer) as taken:
            if plan is not None:
                sent = await producer.send_and_wait(plan.topic, plan.value, key=plan.key, headers=plan.headers)
                taken.append(sent)
            key, headers = answer.record.encode(), answer.headers()
            taken.append(await producer.send_and_wait(self.topic, b"", key=key, headers=headers))

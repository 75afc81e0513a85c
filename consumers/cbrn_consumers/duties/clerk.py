"""The clerk: drafts what is raised, applies what persons decide, and says once when a duty's time has run out.

What persons decide comes before drafts: a person decides on the draft that there was, not on the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import structlog

from cbrn_consumers.duties.alarm import AlarmRecord, overdue_records
from cbrn_consumers.duties.decided import decided
from cbrn_consumers.duties.log import Log
from cbrn_consumers.keeping import Keeper
from cbrn_routing.duties.drafts import draft
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.person_decision import DutyDecision, UnreadDecision
from cbrn_schemas.topics import to_topic

if TYPE_CHECKING:
    from datetime import datetime

    from aiokafka import AIOKafkaProducer
    from aiokafka.structs import RecordMetadata

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.duties import DutyState, Entry
    from cbrn_schemas.duty import Drafted

AT_ONCE_MAX: Final = 50
"""Duties in one transaction: drafts of 10 kB in two languages, so 1 MB."""
DRAFT_BYTES_MAX: Final = 1_000_000
"""Of a record; the topic takes 1 MiB. A longer one would be refused at every try, and end the clerk each time."""

log = structlog.get_logger(__name__)


class Clerk(Keeper):
    """The keeper of the duties of one realm."""

    name = "clerk of duties"
    role = "duties"
    writer = "duties.clerk"
    former: ClassVar = ("duties.persons",)
    """Under this name persons' commands wrote into the log themselves."""
    keeps = "duties"
    decides: ClassVar = DutyDecision
    log: Log

    @property
    def facts(self) -> dict[str, int]:
        """How many duties there are."""
        return {"duties": len(self.log.known)}

    def begin(self) -> None:
        """Forget what was read."""
        self.log = Log(self.settings.realm, self.trust, self.left_out)
        self._undrafted: set[str] = set()

    def writes(self) -> list[str]:
        """Return where alarms may go: to whoever exists today."""
        return [to_topic(self.settings.realm, body, "alerts") for body in receivers(local_day(self.clock()))]

    def take(self, records: list[Bytes]) -> None:
        """Take in records of the log of duties."""
        self._undrafted.update(self.log.take(records))

    async def see_to_all(self, producer: AIOKafkaProducer) -> None:
        """Apply what was decided, draft what is new, alarm for what is late; some dozens in a transaction."""
        self.log.verifier.trust = self.trust
        now = self.clock()
        while work := [*self._decided(now), *self._work(now)]:
            async with self.transaction(producer) as taken:
                for entry, alarms in work:
                    taken.extend(await self._write(producer, entry, alarms))
            for entry, _ in work:
                self.log.add(entry, now)

    def _decided(self, now: datetime) -> list[tuple[Entry, list[AlarmRecord]]]:
        """Do what some decisions come to, and return it; those that were answered before are passed over.

        Each counts for the next one at once: if it cannot be written, the log is read anew.
        """
        work: list[tuple[Entry, list[AlarmRecord]]] = []
        while self.pending and len(work) < AT_ONCE_MAX:
            decision = self.pending.pop(next(iter(self.pending)))
            if isinstance(decision, DutyDecision | UnreadDecision) and decision.id not in self.log.decided:
                for entry in decided(self.log, decision, now):
                    self.log.add(entry, now)
                    work.append((entry, []))
        return work

    def _work(self, now: datetime) -> list[tuple[Entry, list[AlarmRecord]]]:
        work: list[tuple[Entry, list[AlarmRecord]]] = []
        while self._undrafted and len(work) < AT_ONCE_MAX:
            state = self.log.states[self._undrafted.pop()]
            wanted = state.known and (state.open or state.superseded) and not state.drafted_all
            if wanted and (written := _drafted(state, now)):
                work.append((written, []))
                log.info("drafted", duty=state.id, form=written.form, draft=written.digest[:12])
        if not work:
            work = [self._late(state, now) for state in self.log.known if self._is_late(state, now)][:AT_ONCE_MAX]
        return work

    def _is_late(self, state: DutyState, now: datetime) -> bool:
        limit = state.limit()
        return limit is not None and limit[0] not in state.alarms and state.is_overdue(now)

    def _late(self, state: DutyState, now: datetime) -> tuple[Entry, list[AlarmRecord]]:
        record, alarms = overdue_records(state, self.settings.realm, now)
        log.warning("a duty is overdue", duty=state.id, limit=record.limit, told=record.told)
        return record, alarms

    async def _write(self, producer: AIOKafkaProducer, entry: Entry, alarms: list[AlarmRecord]) -> list[RecordMetadata]:
        key, partition = entry.id.encode(), self.log.partitions.get(entry.id)
        value = entry.model_dump_json().encode()
        taken = [await producer.send_and_wait(self.topic, value, key=key, partition=partition)]
        for told in alarms:
            sent = await producer.send_and_wait(
                told.topic, told.value, key=key, partition=partition, headers=told.headers
            )
            taken.append(sent)
        return taken


def _drafted(state: DutyState, now: datetime) -> Drafted | None:
    """Return the draft; None where it could not be written: that duty waits for a person, the others must not wait."""
    try:
        written = draft(state, now)
        size = len(written.model_dump_json().encode())
    except Exception:
        log.exception("no draft could be written", duty=state.id)
        return None
    if size > DRAFT_BYTES_MAX:
        log.error("a draft is too long to be written", duty=state.id, size=size, most=DRAFT_BYTES_MAX)
        return None
    return written

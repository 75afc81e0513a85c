"""One batch of the watch: alerts and answers taken in, deadlines seen to, alarms laid out. Pure, but for the outbox.

Everything of one lack goes out in the transaction that remembers it: an alarm that was written is never due again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.standing import ASKED
from cbrn_consumers.watch.deadlines import lack_of
from cbrn_consumers.watch.escalation import Chain
from cbrn_consumers.watch.memory import CLOCK, STRANGERS_MAX, Party, Situation
from cbrn_consumers.watch.rows import (
    ANSWERS_MAX,
    INFORMED_MAX,
    UNSHOWN,
    VERSIONS_MAX,
    AnswerRow,
    ToldRow,
    share,
    trim,
    word_of,
)
from cbrn_consumers.watch.stands import standing_of
from cbrn_consumers.watch.telling import alarm_id, alarm_of, hearers, within
from cbrn_routing.decision import CRISIS_CENTRE
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue.bodies import is_abroad
from cbrn_schemas.records import rfc3339
from cbrn_schemas.topics import bus_topic, to_topic
from cbrn_schemas.unanswered import Conclusion, Silent, silent_record, unanswered_record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.alert import Origin
    from cbrn_consumers.standing import PartyStanding, Told
    from cbrn_consumers.watch.deadlines import Lack
    from cbrn_consumers.watch.memory import WatchState
    from cbrn_consumers.watch.policy import Policies, Target
    from cbrn_consumers.watch.pulse import Quiet
    from cbrn_routing.shards import Outbox
    from cbrn_schemas.receipt import Receipt
    from cbrn_schemas.topics import Realm

STEPS_AT_ONCE: Final = 200
"""Situations seen to in one transaction: some six records of 2 kB each."""
RENEWED_AT_ONCE: Final = 500
NAME_SHOWN: Final = 128
CLOCK_AGAIN: Final = timedelta(days=1)

log = structlog.get_logger(__name__)


class Round:
    """What one batch does to a shard's memory, and writes."""

    def __init__(
        self,
        realm: Realm,
        policies: Policies,
        bodies: Collection[str],
        *,
        state: WatchState,
        outbox: Outbox,
        now: datetime,
    ) -> None:
        """Take the bodies that can be told."""
        self._realm = realm
        self._policies = policies
        self._bodies = bodies
        self._state = state
        self._outbox = outbox
        self._now = now
        self.passed_on = 0

    def hear_of(self, quiet: Mapping[str, Quiet], *, write: bool) -> None:
        """Hear which parts of the bus are silent, and alarm once about each that was not before.

        Every shard remembers it, one of them writes.
        """
        for name in [each for each in self._state.silent if each not in quiet and not each.startswith(CLOCK)]:
            self._state.note_silent(name, None)
        for name, each in quiet.items():
            if name not in self._state.silent:
                self._state.note_silent(name, self._now)
                if write:
                    self._silent(Silent(at=self._now, **each._asdict()))

    def clock_off(self, publisher: str) -> None:
        """Tell of a publisher whose clock is off, once a day."""
        name = f"{CLOCK}{publisher}"
        before = self._state.silent.get(name)
        if before is None or self._now - before > CLOCK_AGAIN:
            self._state.note_silent(name, self._now)
            self._silent(Silent(part="clock", name=publisher, since=self._now, at=self._now, body=publisher))

    def _silent(self, alarm: Silent) -> None:
        since = alarm.since.date() if alarm.part == "clock" else rfc3339(alarm.since)
        told = {self._policies.crisis_centre: "lead"}
        for body in (CRISIS_CENTRE, *([alarm.body] if alarm.body else [])):
            told.setdefault(body, "inform")
        for body, role in told.items():
            if body in self._bodies:
                headers, value = silent_record(alarm, f"silent-{alarm.part}-{alarm.name}-{since}", role)
                record = self._outbox.encode(alarm.name.encode(), value, headers)
                self._outbox.append(to_topic(self._realm, body, "alerts"), record)

    def tell(self, told: Told) -> None:
        """Take in that a body was told."""
        body, name = word_of(told.body), told.situation
        situation = self._state.situation(name) or Situation()
        role = word_of(told.facts.role or "inform")
        situation.told[body] = role
        situation.restricted |= told.restricted
        party = situation.parties.get(body)
        if party is None:
            party = situation.parties[body] = Party(answers=situation.strangers.pop(body, []))
        if not any((each.source, each.id) == told.event for each in party.told):
            self._hear(told, situation, party)
            self._look(name, body, situation)
        self._keep(name, situation)

    def _hear(self, told: Told, situation: Situation, party: Party) -> None:
        row = ToldRow.of(told)
        share(row, (each for other in situation.parties.values() for each in other.told))
        party.told = [*party.told, row]  # of its length: most are told once, and a list that grows keeps room for more
        latest = max(party.told, key=lambda row: (row.at, row.offset))
        for row in party.told:  # what is shown is what it says now, and to whom an answer is wanted of
            row.headlines = row.headlines if row is latest and row.role in ASKED else UNSHOWN
        at_most = VERSIONS_MAX if _was_asked(party) else INFORMED_MAX
        if len(party.told) > at_most:
            trim(party.told, standing_of(self._realm, told.situation, told.body, party), at_most)

    def take(self, receipt: Receipt, origin: Origin) -> None:
        """Take in an answer.

        Raises:
            ValueError: too many bodies answer of whom nobody knows that they were told.
        """
        body, name = receipt.body, receipt.situation
        situation = self._state.situation(name) or Situation()
        party = situation.parties.get(body)
        if party is None and body not in situation.strangers and len(situation.strangers) >= STRANGERS_MAX:
            raise ValueError(f"too many bodies answer on {name} that were not told of it")
        rows = situation.strangers.setdefault(body, []) if party is None else party.answers
        if any(each.id == receipt.id for each in rows):
            return
        rows.append(AnswerRow.of(receipt, origin))
        del rows[:-ANSWERS_MAX]
        for other, each in situation.parties.items():
            if other == body or (each.chain is not None and each.chain.asked == body):
                self._look(name, other, situation)
        self._keep(name, situation)

    def elapse(self) -> None:
        """Hand on what nobody has answered in time."""
        for name in self._state.stale(RENEWED_AT_ONCE):
            situation = self._state.situation(name)
            if situation is not None:
                for body in situation.parties:
                    self._look_or_leave(name, body, situation)
                self._keep(name, situation)
        for name in self._state.overdue(self._now, STEPS_AT_ONCE):
            situation = self._state.situation(name)
            assert situation is not None, "what is due is remembered"
            for body, party in situation.parties.items():
                if party.next is not None and party.next <= self._now:
                    self._look_or_leave(name, body, situation, act=True)
            self._keep(name, situation)

    def _look_or_leave(self, name: str, body: str, situation: Situation, *, act: bool = False) -> None:
        """Look where a body stands; one at whom it fails is waited for no longer, or nobody in the shard would be."""
        try:
            self._look(name, body, situation, act=act)
        except Exception as error:  # noqa: BLE001 - what fails by itself fails again, at every start
            situation.parties[body].next = None
            log.error(  # noqa: TRY400 - its text may hold what is restricted
                "an alert that waits for an answer cannot be watched: ask that body yourself",
                situation=name[:NAME_SHOWN],
                body=body,
                error=type(error).__name__,
                hint="`cbrn standing` shows who has answered. It is tried anew at the next start.",
            )

    def _look(self, name: str, body: str, situation: Situation, *, act: bool = False) -> None:
        """Look where a body stands, and note when something is to be done next; `act`: do what is due."""
        party = situation.parties[body]
        if not _was_asked(party):
            return
        standing = standing_of(self._realm, name, body, party)
        policy = self._policies.of(body, standing.role, standing.latest.facts.severity)
        # A partner says that it has an alert, and not what it does about it.
        accept_within = None if is_abroad(body) else policy.accept.within(standing.role)
        lack = lack_of(standing, accept_within)
        chain = party.chain
        if chain is not None and (lack is None or lack.key != chain.key):
            if chain.level:
                outcome = "withdrawn" if lack is None and _withdrawn(standing) else "answered"
                self._conclude(name, chain.conclusion(name, body, outcome, self._now))
            chain = party.chain = None
        party.next = None
        if lack is None:
            return
        if chain is None:
            chain = party.chain = Chain.of(lack)
        chain.due = lack.due
        declined = lack.lacking == "declined"
        targets = self._policies.targets(policy, body, declined=declined, on=local_day(self._now))
        targets = within(targets, situation.told, restricted=situation.restricted)
        was_taken = chain.taken
        chain.hear(situation.strangers.get(chain.asked) or _answers(situation, chain.asked))
        if chain.taken and not was_taken:
            self._conclude(name, chain.conclusion(name, body, "answered-elsewhere", self._now))
        party.next = chain.next_at(targets)
        if act and party.next is not None and party.next <= self._now:
            self._pass_on(lack, chain, targets, situation)
            party.next = chain.next_at(targets)

    def _pass_on(self, lack: Lack, chain: Chain, targets: Sequence[Target], situation: Situation) -> None:
        told: Told = lack.told
        target = chain.step(targets, told.body, self._now)
        again = chain.next_at(targets)
        restricted = situation.restricted
        alarm = alarm_of(lack, chain, target, again, restricted=restricted)
        identifier = alarm_id(told.situation, told.body, chain)
        found = hearers(target, situation.told, restricted=restricted, on=local_day(self._now))
        heard = {body: role for body, role in found.items() if body in self._bodies}
        for body, role in heard.items():
            headers, value = unanswered_record(alarm, identifier, role, restricted=restricted)
            record = self._outbox.encode(told.situation.encode(), value, headers)
            self._outbox.append(to_topic(self._realm, body, "alerts"), record)
        more = {"step": target.step, "told": tuple(heard), "exhausted": again is None}
        self._conclude(told.situation, chain.conclusion(told.situation, told.body, "passed-on", self._now, **more))
        self.passed_on += 1

    def _conclude(self, name: str, conclusion: Conclusion) -> None:
        value = conclusion.model_dump_json(exclude_none=True).encode()
        self._outbox.append(bus_topic(self._realm, "standing"), self._outbox.encode(name.encode(), value, []))

    def _keep(self, name: str, situation: Situation) -> None:
        for lost, forgotten in self._state.keep(name, situation):
            log.error("no room for all alerts that wait for an answer: one is watched no longer", situation=lost)
            for body, party in forgotten.parties.items():
                if party.chain is not None:
                    self._conclude(lost, party.chain.conclusion(lost, body, "forgotten", self._now))


def _was_asked(party: Party) -> bool:
    return any(row.role in ASKED for row in party.told)


def _answers(situation: Situation, body: str) -> Sequence[AnswerRow]:
    party = situation.parties.get(body)
    return () if party is None else party.answers


def _withdrawn(standing: PartyStanding) -> bool:
    last = standing.asks[-1] if standing.asks else None
    return standing.ended or last is None or last.withdrawn is not None

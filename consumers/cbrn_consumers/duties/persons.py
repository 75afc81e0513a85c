"""What persons decide of a duty: release its draft, or record how it was answered.

The decision goes onto the topic of the person's own body; the clerk applies one after the other, so that two officers
at the same moment cannot both count as the first. Whether it counts each reader decides for itself, by its own trust
file and the signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.deciding import Asking, check_words, have_applied
from cbrn_consumers.duties.decided import check_answer, plan_release
from cbrn_consumers.duties.log import Log, duties_topic, find_duty
from cbrn_consumers.errors import DutyRefusedError
from cbrn_routing.activation import Trust
from cbrn_routing.bus.read import read_first
from cbrn_routing.duties.said import statement_of
from cbrn_schemas.duty import Answered, Released
from cbrn_schemas.person_decision import DutyDecision

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.deciding import Person
    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.duties import DutyState
    from cbrn_schemas.duty import Decided
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm


async def release(
    settings: Settings,
    identifier: str,
    person: Person,
    *,
    now: datetime,
    note: str | None = None,
    digest: str | None = None,
    trust: Trust | None = None,
) -> DutyState:
    """Decide that the duty's draft is released; the state after the clerk has applied it.

    `digest`, or its beginning, names the draft that the person has read, where it must be that one. Whose word counts
    in the state says `trust`, else this machine's trust file.

    Raises:
        UnknownDutyError, DutyRefusedError, DecisionWordsError: it was not decided, or the clerk has refused it.
        UnansweredError: it is decided, and no clerk has looked at it yet.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    check_words(person, note, now)

    def decide(state: DutyState) -> Released:
        return plan_release(state, by=person.name, now=now, note=note, digest=digest)

    return await _decided(settings, identifier, person, decide, trust)


async def answer(
    settings: Settings, identifier: str, person: Person, *, now: datetime, note: str, trust: Trust | None = None
) -> DutyState:
    """Decide that the duty was answered, or settled in another way, as the note says; the state after it.

    Trust is as with `release`. A duty that two persons must release, and have not, takes two to settle.

    Raises:
        As `release`.
    """
    check_words(person, note, now)

    def decide(state: DutyState) -> Answered:
        check_answer(state, person.name)
        return Answered(id=state.id, at=now, by=person.name, note=note)

    return await _decided(settings, identifier, person, decide, trust)


def signed(record: Released | Answered, realm: Realm, person: Person) -> Released | Answered:
    """Return the record with the person's key and signature, if there is a key."""
    return record.model_copy(update=person.signature(statement_of(record, realm)))


async def _decided(
    settings: Settings,
    identifier: str,
    person: Person,
    decide: Callable[[DutyState], Released | Answered],
    trust: Trust | None,
) -> DutyState:
    read = Log(settings.realm, Trust.read(settings.rulebook_signers) if trust is None else trust)
    async with read_first(settings, duties_topic(settings.realm), read.take) as reading:
        read.left_out.tell()
        state = find_duty(read, identifier)
        duty = signed(decide(state), settings.realm, person)
        decision = DutyDecision(id=person.new_id(), body=person.body, duty=duty)

        def answer_in(record: Bytes) -> Decided | None:
            read.take([record])
            return read.decided.get(decision.id)

        look = f"cbrn duties show {identifier}"
        asking = Asking("cbrn run duties", "the clerk of duties", look, DutyRefusedError)
        await have_applied(settings, decision, reading, answer_in, asking)
    return state

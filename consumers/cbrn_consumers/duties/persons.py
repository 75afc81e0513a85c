"""What persons decide of a duty: release its draft, or record how it was answered.

Every decision is one transaction by the one writer of persons' decisions: it reads the log behind the fence, so that
two officers at the same moment cannot both count as the first. Whether it counts each reader decides for itself, by its
own trust file and the signature.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError
from pydantic import TypeAdapter, ValidationError

from cbrn_consumers.duties.log import duties_topic, find_duty, read_log
from cbrn_consumers.errors import DutyRefusedError, DutyWordsError
from cbrn_routing.bus.write import only_writer, unfinished, until_seen
from cbrn_routing.duties import State, Unverified, person_of
from cbrn_routing.duties.said import statement_of
from cbrn_schemas.duty import Answered, Note, Person, Released
from cbrn_schemas.records import broker_time

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from aiokafka import AIOKafkaProducer

    from cbrn_consumers.duties.log import Log
    from cbrn_routing.activation import Trust
    from cbrn_routing.duties import DutyState
    from cbrn_routing.signing.releases import DutyStatement
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

DECIDE_WITHIN_S: Final = 30.0
Sign = Callable[["DutyStatement"], tuple[str, str]]
"""From what is said to public key and signature, both base64 (`cbrn_routing.signing.releases`)."""
Decision = Released | Answered
_PERSON: Final = TypeAdapter[str](Person)
_NOTE: Final = TypeAdapter[str | None](Note | None)


async def release(
    settings: Settings,
    identifier: str,
    *,
    by: str,
    now: datetime,
    sign: Sign | None = None,
    note: str | None = None,
    digest: str | None = None,
    trust: Trust | None = None,
) -> DutyState:
    """Record that the person `by` releases the duty's draft; the state after it.

    Without `sign` it is a name alone, which nobody can verify. `digest`, or its beginning, names the draft that the
    person has read, where it must be that one. Whose word counts says `trust`, else this machine's trust file.

    Raises:
        UnknownDutyError, DutyRefusedError, DutyWordsError, ReleaseContendedError: nothing was written.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    _check_words(by, note)

    def decide(state: DutyState) -> Decision:
        return plan_release(state, by=by, now=now, note=note, digest=digest)

    return await _decided(settings, identifier, decide, sign, trust)


async def answer(
    settings: Settings,
    identifier: str,
    *,
    by: str,
    now: datetime,
    note: str,
    sign: Sign | None = None,
    trust: Trust | None = None,
) -> DutyState:
    """Record that the duty was answered, or settled in another way, as the note says; the state after it.

    Signature and trust are as with `release`. A duty that two persons must release, and have not, takes two to settle.

    Raises:
        UnknownDutyError, DutyRefusedError, DutyWordsError, ReleaseContendedError: nothing was written.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    _check_words(by, note)

    def decide(state: DutyState) -> Decision:
        if state.state is State.ANSWERED and not state.superseded:
            raise DutyRefusedError(f"{state.id} is answered already", hint="`cbrn duties show` tells by whom.")
        if state.state is not State.RELEASED and not state.superseded and person_of(by) in state.answered_by:
            raise DutyRefusedError(
                f"{by} has recorded that {state.id} is settled", hint="A second, different person must record it too."
            )
        return Answered(id=state.id, at=now, by=by, note=note)

    return await _decided(settings, identifier, decide, sign, trust)


def _check_words(by: str, note: str | None) -> None:
    """Refuse, before a broker is asked, what no record can hold.

    Raises:
        DutyWordsError: see there.
    """
    try:
        _PERSON.validate_python(by)
    except ValidationError:
        raise DutyWordsError(
            "that is no name of a person", hint="Give name and post on one line of 2 to 200 characters."
        ) from None
    try:
        _NOTE.validate_python(note)
    except ValidationError:
        raise DutyWordsError(
            f"a note of {len(note or '')} characters cannot be recorded", hint="Give one of 1 to 2000 characters."
        ) from None


def plan_release(
    state: DutyState,
    *,
    by: str,
    now: datetime,
    note: str | None = None,
    digest: str | None = None,
) -> Released:
    """The record of a release, not signed yet.

    Raises:
        DutyRefusedError: there is no draft, it is released already, or by the same person.
    """
    if not (state.open or state.superseded):
        raise DutyRefusedError(
            f"{state.id} is {state.state.value} already", hint="`cbrn duties show` tells by whom and when."
        )
    draft = state.draft
    if draft is None:
        raise DutyRefusedError(f"{state.id} has no draft yet", hint="Is `cbrn run duties` running? It writes drafts.")
    if digest is not None and not draft.digest.startswith(digest):
        raise DutyRefusedError(
            f"the draft of {state.id} is {draft.digest[:12]} by now, not {digest[:12]}",
            hint="A report came in between: read the new draft, then release that.",
        )
    for other in state.said:
        # What does not count stands in nobody's way: else whoever can write a name could keep its bearer out.
        counts = other.signer is not None or other.why is Unverified.NO_TRUST_FILE
        if counts and getattr(other.record, "digest", None) == draft.digest and other.person == person_of(by):
            raise DutyRefusedError(
                f"{other.record.by} has released {state.id} already", hint="A second, different person must release it."
            )
    return Released(id=state.id, at=now, by=by, digest=draft.digest, note=note)


def signed(decision: Decision, realm: Realm, sign: Sign) -> Decision:
    """The decision with the person's key and signature."""
    key, signature = sign(statement_of(decision, realm))
    return decision.model_copy(update={"key": key, "signature": signature})


def decision_writer(settings: Settings) -> AbstractAsyncContextManager[AIOKafkaProducer]:
    """The one writer of what persons decide on duties."""
    return only_writer(settings, "duties.persons", duties_topic(settings.realm))


async def _decided(
    settings: Settings,
    identifier: str,
    decide: Callable[[DutyState], Decision],
    sign: Sign | None,
    trust: Trust | None,
) -> DutyState:
    topic, committing = duties_topic(settings.realm), False
    try:
        async with asyncio.timeout(DECIDE_WITHIN_S), decision_writer(settings) as producer:
            read: Log = await read_log(settings, trust)
            state = find_duty(read, identifier)
            entry = decide(state)
            entry = entry if sign is None else signed(entry, settings.realm, sign)
            value, partition = entry.model_dump_json().encode(), read.partitions[identifier]
            async with producer.transaction():
                taken = await producer.send_and_wait(topic, value, key=identifier.encode(), partition=partition)
                committing = True
            await until_seen(settings, taken)
    except (KafkaError, TimeoutError) as error:
        raise unfinished(error, topic, settings, committing=committing, see="cbrn duties show") from error
    state.add(entry, broker_time(taken.timestamp or -1, taken.timestamp_type, datetime.now(UTC)))
    return state

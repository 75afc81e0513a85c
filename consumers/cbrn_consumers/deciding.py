"""A person's decision onto the topic of the person's own body, and the wait for the answer of the bus's process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol

from pydantic import TypeAdapter, ValidationError

from cbrn_consumers.errors import DecisionWordsError, UnansweredError
from cbrn_routing.bus.read import batch
from cbrn_routing.bus.write import write_record
from cbrn_schemas.catalogue.bodies import receivers
from cbrn_schemas.duty import Note
from cbrn_schemas.duty import Person as PersonName
from cbrn_schemas.person_decision import DecisionError, record_of
from cbrn_schemas.topics import decisions_topic

if TYPE_CHECKING:
    from datetime import datetime

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.signing.releases import PersonStatement
    from cbrn_schemas.errors import BusError
    from cbrn_schemas.person_decision import PersonDecision
    from cbrn_schemas.settings import Settings

Sign = Callable[["PersonStatement"], tuple[str, str]]
"""From what is said to public key and signature, both base64 (`cbrn_routing.signing.releases`)."""
ANSWERED_WITHIN_S: Final = 15.0
"""The process looks once a second."""
_NAME: Final = TypeAdapter[str](PersonName)
_NOTE: Final = TypeAdapter[str | None](Note | None)


class Person(NamedTuple):
    """Who decides."""

    name: str
    """Name and post."""
    body: str
    """On whose topic the decision stands."""
    sign: Sign | None = None
    """None: a name alone, which nobody can verify."""

    def signature(self, statement: PersonStatement) -> dict[str, str]:
        """Return the members of a signed record; none where there is no key."""
        return {} if self.sign is None else dict(zip(("key", "signature"), self.sign(statement), strict=True))

    def new_id(self) -> str:
        """Return a name for a decision."""
        return f"{self.body}.{uuid.uuid4().hex[:20]}"


def check_words(person: Person, note: str | None, at: datetime) -> None:
    """Refuse, before a broker is asked, what no record can hold.

    Raises:
        DecisionWordsError: see there.
    """
    try:
        _NAME.validate_python(person.name)
    except ValidationError:
        raise DecisionWordsError(
            f"{person.name[:40]!r} is no name of a person",
            hint="Give name and post on one line of 2 to 200 characters.",
        ) from None
    try:
        _NOTE.validate_python(note)
    except ValidationError:
        raise DecisionWordsError(
            f"a note of {len(note or '')} characters cannot be recorded", hint="Give one of 1 to 2000 characters."
        ) from None
    if not person.body:
        raise DecisionWordsError(
            "for which body do you decide? A decision stands on a topic of your own body",
            hint="Give its code with --body, such as --body mes, set CBRN_BODY for good, or sign with --key.",
        )
    if person.body not in receivers(at.date(), ahead=True):
        raise DecisionWordsError(
            f"{person.body[:40]!r} is no body that decides on this bus",
            hint="Give the code of your own body, such as mes.",
        )


class Answer(Protocol):
    """What the bus's process says of a decision."""

    @property
    def outcome(self) -> Literal["applied", "refused"]:
        """Whether it has done what was decided."""

    @property
    def why(self) -> str | None:
        """Say why not."""

    @property
    def hint(self) -> str | None:
        """Say what to do about that."""


class Asking(NamedTuple):
    """Of whom it is asked that a decision be applied, in words for the person who decides."""

    process: str
    """`cbrn run duties`."""
    who: str
    """`the clerk of duties`."""
    look: str
    """What shows later what has become of it: `cbrn duties show ID`."""
    refusal: type[BusError]
    """What is raised where it is refused."""


async def have_applied(
    settings: Settings,
    decision: PersonDecision,
    reading: tuple[AIOKafkaConsumer, list[TopicPartition]],
    answer_in: Callable[[Bytes], Answer | None],
    asking: Asking,
) -> None:
    """Publish a decision and wait for the answer to it, which `answer_in` finds in the records that come.

    Raises:
        DecisionWordsError: it is too long.
        UnansweredError: it stands on the bus, and no process has looked at it yet.
        BusError: it is refused; the one that `asking` names.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    topic = decisions_topic(settings.realm, decision.body)
    try:
        record = record_of(decision)
    except DecisionError as error:
        raise DecisionWordsError(str(error), hint=error.hint) from None
    unsure = f"See with `{asking.look}` what has become of it. To decide it again does no harm: it is applied once."
    await write_record(settings, topic, record, unsure=unsure)
    try:
        async with asyncio.timeout(ANSWERED_WITHIN_S):
            found = await _answer(reading, settings, answer_in)
    except TimeoutError:
        raise UnansweredError(
            f"decided, as {decision.id} on {topic}; nobody has applied it within {ANSWERED_WITHIN_S:g} s",
            hint=f"It is not lost: `{asking.process}` applies it as soon as it runs (one for a realm, part of "
            f"`cbrn up`). See with `{asking.look}` what has become of it.",
        ) from None
    if found.outcome == "refused":
        why = f"{asking.who} has refused it (decision {decision.id}): {found.why or 'it does not say why'}"
        raise asking.refusal(why, hint=found.hint or f"See `{asking.look}`.")


async def _answer(
    reading: tuple[AIOKafkaConsumer, list[TopicPartition]],
    settings: Settings,
    answer_in: Callable[[Bytes], Answer | None],
) -> Answer:
    while True:
        for each in await batch(*reading, settings):
            if (found := answer_in(each)) is not None:
                return found

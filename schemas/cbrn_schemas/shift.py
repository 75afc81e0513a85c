"""Facts about a body's watch: who has taken a shift, to whom it was handed over, which channel reaches an officer.

Each is a record of the body's own on `<realm>.from.<body>.shifts`; whoever reads them with the rota (`cbrn_consumers.
rota`) knows who is on duty. No address or number stands in any: an officer is a post, a channel its name. Pure: the
models, and a fact to a record and back.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, TypeVar, get_args

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX, Header, binary_headers
from cbrn_schemas.errors import FieldError
from cbrn_schemas.events.base import Code, Count, Identifier, Prose
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.officers import ChannelKind
from cbrn_schemas.own_record import read_own, refused
from cbrn_schemas.silence import Person
from cbrn_schemas.topics import Realm, from_topic

STREAM: Final = "shifts"
TAKEN_TYPE: Final = "kg.cbrn.shift.shift-taken.v1"
"""CloudEvents type of a shift that was taken."""
HANDED_OVER_TYPE: Final = "kg.cbrn.shift.shift-handed-over.v1"
"""CloudEvents type of a shift that was handed over."""
TESTED_TYPE: Final = "kg.cbrn.shift.channel-tested.v1"
"""CloudEvents type of a channel that was tested."""
ASKED_TYPE: Final = "kg.cbrn.shift.channel-test-asked.v1"
"""CloudEvents type of the wish that an officer's channels be tested."""

Seat = Literal["first", "second", "deputy"]
"""Who is asked first, who when the first does not answer, who stands for the head of the body."""
SEATS: Final[tuple[Seat, ...]] = get_args(Seat)
Outcome = Literal["answered", "sent", "failed"]
"""`answered`: the officer has said that it came; `sent`: nobody knows; `failed`: it could not be sent."""
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
Why = Literal["no-answer", "not-reached", "refused", "no-sender", "timed-out"]
"""A closed list, since a provider's own words repeat the number."""
WHYS: Final[tuple[Why, ...]] = get_args(Why)
OPEN_MAX: Final = 200
"""Situations named in a hand-over; `open_count` has all."""


class ShiftError(FieldError):
    """A fact about a shift that cannot be stated or read. `where` is the field."""

    bad_input = True
    whole = "shift"


class _Fact(Model):
    id: Identifier
    """`<body>.<name>`: unique; one that is sent again keeps it, and counts once."""
    realm: Realm
    """What was said in an exercise never counts in earnest, wherever its record may be copied to."""
    body: Code
    """Whose watch it is; only that body may write it."""
    post: Code
    """Which officer, as the body's file and rota call the post."""
    by: Person
    """Who says so: post, and name where it is wanted."""
    at: Time
    """When it was said, by the writer's clock. It is shown; the broker's time counts."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.id.startswith(f"{self.body}."):
            raise PydanticCustomError("shift_id", "its id must begin with {body}.", {"body": self.body})
        return self


class _Change(_Fact):
    seat: Seat
    until: Time
    """When it ends at the latest: then the rota alone says again who is on duty."""
    open: Annotated[tuple[Identifier, ...], Field(max_length=OPEN_MAX), Strict(strict=False)] = ()
    """Situations that were open and shown to whoever takes over, the gravest first."""
    open_count: Count = 0
    """How many there were."""
    note: Prose | None = None

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.until <= self.at:
            raise PydanticCustomError("shift_until", "it must end after it begins")
        return self


class ShiftTaken(_Change):
    """An officer has begun to watch, as the rota says or in another's place."""


class ShiftHandedOver(_Change):
    """The officer on duty has handed over to `post`, with what was open."""

    former: Code | None = None
    """The post that hands over."""


class ChannelTested(_Fact):
    """A channel of an officer was tried before, or in, a shift."""

    channel: Code
    """Its name in the body's file."""
    kind: ChannelKind
    check: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}$")]
    """Two digits of a sum over the address: with another address the test counts no more. They tell nobody which."""
    outcome: Outcome
    why: Why | None = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        if (self.outcome == "answered") != (self.why is None):
            raise PydanticCustomError("test_why", "say why it was not answered, and only then")
        return self


class ChannelTestAsked(_Fact):
    """Somebody wants an officer's channels tested: the body's notify process sends a code over each."""

    channel: Code | None = None
    """Only this one; absent: all."""


ShiftFact = ShiftTaken | ShiftHandedOver | ChannelTested | ChannelTestAsked
Fact = TypeVar("Fact", ShiftTaken, ShiftHandedOver, ChannelTested, ChannelTestAsked)
_TYPES: Final[dict[str, type[ShiftTaken | ShiftHandedOver | ChannelTested | ChannelTestAsked]]] = {
    TAKEN_TYPE: ShiftTaken,
    HANDED_OVER_TYPE: ShiftHandedOver,
    TESTED_TYPE: ChannelTested,
    ASKED_TYPE: ChannelTestAsked,
}


def shifts_topic(realm: Realm, body: str) -> str:
    """Name the topic on which a body's watch stands."""
    return from_topic(realm, body, STREAM)


def state_fact(model: type[Fact], **fields: Any) -> Fact:
    """Make a fact of what a person has entered.

    Raises:
        ShiftError: it cannot be stated so; `where` is the field.
    """
    try:
        return model(**fields)
    except ValidationError as error:
        raise refused(error, ShiftError, "Correct it and say it again; nothing was written.", _HINTS) from None


def subject_of(fact: ShiftFact) -> str:
    """Return what a fact is about: a seat, or an officer's channel."""
    if isinstance(fact, ChannelTestAsked):
        return fact.post
    return f"{fact.post}/{fact.channel}" if isinstance(fact, ChannelTested) else fact.seat


def record_of(fact: ShiftFact) -> tuple[bytes, list[Header], bytes]:
    """Return key, headers and value of a fact. The key is what it is about."""
    (named,) = (name for name, model in _TYPES.items() if type(fact) is model)
    subject = subject_of(fact)
    headers = binary_headers(id=fact.id, source=f"/{fact.body}", type=named, time=to_wire(fact.at), subject=subject)
    value = fact.model_dump_json(exclude_none=True).encode()
    assert len(value) <= PAYLOAD_BYTES_MAX, "200 names of 128 letters and a note of 4,000 are some 45 kB"
    return subject.encode(), headers, value


def read_shift(headers: list[Header], value: bytes | None, realm: Realm, body: str) -> ShiftFact:
    """Read the fact in a record of `body`'s topic in a realm.

    Closed, unlike other readers of the bus: a member that this version does not know may say that somebody is *not* on
    duty, and to ring the officer of the rota is the lesser mistake.

    Raises:
        ShiftError: it cannot be understood, is somebody else's, or was said in another realm.
    """
    return read_own(
        headers,
        value,
        types=_TYPES,
        realm=realm,
        body=body,
        refuse=ShiftError,
        what="fact about a shift",
        ignored=_IGNORED,
    )


_IGNORED: Final = (
    "It is ignored: the rota alone says who is on duty. Find out who wrote it; say it again if it was meant."
)
_HINTS: Final = {
    "by": 'Give post and surname, such as --by "Duty officer Asanov".',
    "post": "Give the post as the rota calls it, such as duty-1.",
}

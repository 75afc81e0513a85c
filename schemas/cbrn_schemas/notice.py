"""A notice: what is sent to one officer over one channel, and what came of every attempt.

Both are records of the body's own on `<realm>.from.<body>.notices`. A notice is written down before anything is sent:
after a restart it is sent again under the same id, which is its idempotency key. Neither holds a number or an address:
the post and the channel's name say who was reached. Pure: the models, and a record to and fro.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from cbrn_schemas.envelope import Header, binary_headers
from cbrn_schemas.errors import FieldError
from cbrn_schemas.events.base import PROSE_PATTERN, Code, Count, Identifier, Language, Line, Severity
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.officers import ChannelKind
from cbrn_schemas.own_record import read_own
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.topics import Realm, from_topic

STREAM: Final = "notices"
NOTICE_TYPE: Final = "kg.cbrn.notice.notice.v1"
"""CloudEvents type of a notice."""
OUTCOME_TYPE: Final = "kg.cbrn.notice.notice-outcome.v1"
"""CloudEvents type of what came of one."""
TEXT_MAX: Final = 14_000
"""Characters of a notice, four bytes each at the worst: within the 64 KiB of an event."""
CODE_DIGITS: Final = 4

Result = Literal[
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "given-up",
    "unreachable",
    "too-old",
    "answered",
    "reply-refused",
]
"""What came of a notice. `sent`: the next hop took it; `delivered`, `undelivered`: the network says so afterwards;
`failed`: it will be tried again; `given-up`: it won't; `unreachable`: the officer has no channel; `too-old`: the alert
was older than anybody should be woken for; `answered`: a reply acknowledged; `reply-refused`: a reply counted for
nothing."""
FINAL: Final[frozenset[Result]] = frozenset({"sent", "delivered", "undelivered", "given-up", "unreachable"})
"""After one of these a notice is not sent again."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX, pattern=PROSE_PATTERN)]
AnswerCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]


class NoticeError(FieldError):
    """A record that is no notice, or no outcome, of this body and version. `where` is the field."""

    bad_input = True
    whole = "notice"


class Notice(Model):
    """What one officer is told over one channel, as it was written down before it was sent."""

    id: Identifier
    """`<body>.<name>`: the idempotency key of every attempt. It follows from the alert, the post and the channel."""
    realm: Realm
    body: Code
    post: Code
    """The officer, as the body's file calls the post."""
    kind: ChannelKind | None = None
    channel: Code | None = None
    """The channel's name in the list of officers. Both are null where it is held for the next digest."""
    language: Language
    severity: Severity
    situation: Identifier | None = None
    event: SeenEvent | None = None
    """The event that the alert was of; null in a digest and in what a reply is answered with."""
    level: Count = 0
    subject: Line
    text: Words
    code: AnswerCode | None = None
    """What a reply acknowledges with; without an event, what proves that the channel reaches the officer."""
    digest_of: Count | None = None
    """How many held notices this one stands for: all of the post's that stand before it and behind its last digest."""
    at: Time

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.id.startswith(f"{self.body}."):
            raise PydanticCustomError("notice_id", "its id must begin with {body}.", {"body": self.body})
        if (self.kind is None) != (self.channel is None):
            raise PydanticCustomError("notice_channel", "a channel has both a kind and a name")
        if self.code is not None and (self.event is None) != (self.situation is None):
            raise PydanticCustomError(
                "notice_code", "a code answers for an event and its situation, or tests a channel"
            )
        return self

    @property
    def is_test(self) -> bool:
        """Tell whether it is about no alert, and asks only whether the channel reaches the officer."""
        return self.code is not None and self.event is None


class NoticeOutcome(Model):
    """What came of one attempt at a notice, or of one reply."""

    realm: Realm
    body: Code
    notice: Identifier | None = None
    """The notice; null where nobody can say to which a reply belongs."""
    post: Code | None = None
    """Whose channel it was; null where a reply came from a number of no officer."""
    channel: Code | None = None
    result: Result
    attempt: Count = 0
    why: Line | None = None
    """In words of the bus, never in those of a library: they may hold an address."""
    at: Time


NoticeRecord = Notice | NoticeOutcome
_TYPES: Final[dict[str, type[Notice | NoticeOutcome]]] = {NOTICE_TYPE: Notice, OUTCOME_TYPE: NoticeOutcome}


def notices_topic(realm: Realm, body: str) -> str:
    """Return the topic on which stands what was sent to a body's officers."""
    return from_topic(realm, body, STREAM)


def record_of(said: NoticeRecord) -> tuple[bytes, list[Header], bytes]:
    """Return key, headers and value. The key is the notice's id."""
    if isinstance(said, Notice):
        name, identifier, kind = said.id, said.id, NOTICE_TYPE
    else:
        name = said.notice or f"{said.body}.reply"
        identifier, kind = f"{name}/{said.result}/{said.attempt}", OUTCOME_TYPE
    headers = binary_headers(id=identifier, source=f"/{said.body}", type=kind, time=to_wire(said.at), subject=name)
    return name.encode(), headers, said.model_dump_json(exclude_none=True).encode()


def read_notice(headers: list[Header], value: bytes | None, realm: Realm, body: str) -> NoticeRecord:
    """Read the notice or the outcome in a record of `body`'s topic in a realm; what is new in it is passed over.

    Raises:
        NoticeError: it cannot be understood, or is somebody else's, or of another realm.
    """
    return read_own(
        headers,
        value,
        types=_TYPES,
        realm=realm,
        body=body,
        refuse=NoticeError,
        what="notice",
        ignored="It is left out. Find out who wrote it.",
        extra="ignore",
    )

"""A receipt: what a body answers to an alert, and which event exactly its person, or its program, had seen.

It is a record of the body's own on `<realm>.from.<body>.receipts`, keyed by the situation as the alert was. By itself
it changes nothing and withholds nothing: the standing of a body (`cbrn_consumers.standing`) is folded from what it was
told and what it answered, by the broker's times of both. Pure: the model, and a receipt to a record and back.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX, SOURCE_MAX, Header, binary_headers
from cbrn_schemas.errors import FieldError
from cbrn_schemas.events.base import LINE_PATTERN, Code, Count, Identifier, Prose
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.own_record import read_own, refused
from cbrn_schemas.silence import Because, Person
from cbrn_schemas.topics import Realm, from_topic

STREAM: Final = "receipts"
RECEIPT_TYPE: Final = "kg.cbrn.receipt.receipt.v1"
"""CloudEvents type of a receipt."""

Act = Literal["seen", "acknowledged", "accepted", "en-route", "declined", "note", "handed-over", "closed"]
"""What a body says. `acknowledged`: a person has it; `accepted`: the body acts on it; `handed-over`: another person of
the same body has it from now on; `closed`: the body has nothing more to do."""
ACTS: Final[tuple[Act, ...]] = get_args(Act)
NEEDS: Final[dict[Act, str]] = {"declined": "reason", "note": "text", "handed-over": "to"}
"""What an act is worth nothing without."""
_WANTED: Final = {
    "reason": "say why, in at least two words: whoever is asked in this body's place must understand it",
    "text": "say what is to be noted",
    "to": "say who has it from now on: post, and name",
}
_HINTS: Final = {
    "by": 'Give post and surname, such as --by "Duty officer Asanov".',
    "reason": 'Give it with --reason, such as --reason "no team within 200 km".',
    "text": "Give it with --note.",
    "to": 'Give it with --to, such as --to "Duty officer Bekova".',
    "situation": "Give the situation's name as `cbrn inbox` shows it, such as KG-2026-minkush.",
}

EventId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=LINE_PATTERN)]
Source = Annotated[str, StringConstraints(min_length=2, max_length=SOURCE_MAX, pattern=r"^/[^\x00-\x1f\x7f]+$")]


class ReceiptError(FieldError):
    """A receipt that cannot be given or read. `where` is the field."""

    bad_input = True
    whole = "receipt"


class SeenEvent(Model):
    """The event that was seen when the answer was given, by its CloudEvents id and source."""

    source: Source
    id: EventId


def _needs_in_json_schema(schema: dict[str, Any]) -> None:
    """Say in JSON Schema what the validator says in Python: what an act needs beside it."""
    schema["allOf"] = [
        {"if": {"properties": {"act": {"const": act}}}, "then": {"required": [name]}} for act, name in NEEDS.items()
    ]


class Receipt(Model):
    """A body's answer to an alert. Whose it is says the topic, when it counts from says the broker."""

    model_config = ConfigDict(json_schema_extra=_needs_in_json_schema)

    id: Identifier
    """`<body>.<name>`: unique; one that is sent again keeps it, and counts once."""
    realm: Realm
    """An answer given in an exercise never counts in earnest, wherever its record may be copied to."""
    body: Code
    """Who answers; only that body may write it."""
    situation: Identifier
    act: Act
    event: SeenEvent
    """The latest event of the situation that was seen. An answer speaks of it and of what came before, never of what
    came after."""
    version: Count | None = None
    """Which message of the situation that was, as this body was told, from 1; absent where nobody has counted."""
    level: Count = 0
    """How often the alert had been passed on for want of an answer."""
    by: Person
    """Who answers: post, and name where it is wanted; of a program, its name and the post that runs it."""
    at: Time
    """When it was entered, by the writer's clock. It is shown; the broker's time counts."""
    reason: Because | None = None
    """Why; never absent where an alert is declined."""
    text: Prose | None = None
    """A note."""
    to: Person | None = None
    """Who has it from now on, where it is handed over."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.id.startswith(f"{self.body}."):
            raise PydanticCustomError("receipt_id", "its id must begin with {body}.", {"body": self.body})
        wanted = NEEDS.get(self.act)
        if wanted is not None and getattr(self, wanted) is None:
            raise PydanticCustomError(f"no_{wanted}", _WANTED[wanted])
        if self.to is not None and self.act != "handed-over":
            raise PydanticCustomError("no_to", "only who hands over names another person")
        return self


def receipts_topic(realm: Realm, body: str) -> str:
    """Return the topic on which a body answers."""
    return from_topic(realm, body, STREAM)


def give(**fields: Any) -> Receipt:
    """Make a receipt of what a person or a program has entered.

    Raises:
        ReceiptError: it cannot be given so; `where` is the field, the hint says what to do.
    """
    try:
        return Receipt(**fields)
    except ValidationError as error:
        raise refused(error, ReceiptError, "Correct it and answer again; nothing was written.", _HINTS) from None


def record_of(receipt: Receipt) -> tuple[bytes, list[Header], bytes]:
    """Return key, headers and value of a receipt. The key is the situation: all about it lies in one partition."""
    headers = binary_headers(
        id=receipt.id,
        source=f"/{receipt.body}",
        type=RECEIPT_TYPE,
        time=to_wire(receipt.at),
        subject=receipt.situation,
    )
    value = receipt.model_dump_json(exclude_none=True).encode()
    assert len(value) <= PAYLOAD_BYTES_MAX, "the longest texts of all fields are some 20 kB"
    return receipt.situation.encode(), headers, value


def read_receipt(headers: list[Header], value: bytes | None, realm: Realm, body: str) -> Receipt:
    """Read the receipt in a record of `body`'s topic in a realm.

    Closed, unlike other readers of the bus: a member that this version does not know may take back what the others
    say, and an answer that was not given is worse than one that is asked for again.

    Raises:
        ReceiptError: it cannot be understood, is somebody else's, or was given in another realm.
    """
    return read_own(
        headers,
        value,
        types={RECEIPT_TYPE: Receipt},
        realm=realm,
        body=body,
        refuse=ReceiptError,
        what="receipt",
        ignored=_IGNORED,
    )


_IGNORED: Final = "It is ignored, and answers nothing. Find out who wrote it; answer again if it was meant."

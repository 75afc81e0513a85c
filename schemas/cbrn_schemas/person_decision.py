"""What a person decides: a duty released or answered, a quarantined record released, a copy for a partner let go.

It is a record of the person's own body on `<realm>.from.<body>.decisions`, signed where the person has a key. By itself
it changes nothing: the clerk of duties and the keepers of the quarantine and of partners check it, apply it once,
however often it comes, and answer with its id in the topic that they keep. Pure: models, and a decision to a record and
back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from cbrn_schemas.duty import Answered, Digest, Note, Person, Released
from cbrn_schemas.envelope import PAYLOAD_BYTES_MAX, Header, binary_headers, read_envelope
from cbrn_schemas.errors import WORDS_CHARS_MAX, FieldError, InvalidEventError
from cbrn_schemas.events.base import Code, Identifier
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.envelope import Envelope

DUTY_DECISION_TYPE: Final = "kg.cbrn.decision.duty-decision.v1"
"""CloudEvents type of a decision on a duty."""
QUARANTINE_DECISION_TYPE: Final = "kg.cbrn.decision.quarantine-decision.v1"
"""CloudEvents type of a decision on a quarantined record."""
PARTNER_DECISION_TYPE: Final = "kg.cbrn.decision.partner-decision.v1"
"""CloudEvents type of a decision on a copy that is held for a partner."""

QuarantineId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}/[0-9]{1,10}/[0-9]{1,19}$")]
"""`<topic>/<partition>/<offset>` of the record that was set aside."""
CopyId = Annotated[str, StringConstraints(min_length=4, max_length=480, pattern=r"^[a-z][a-z0-9-]{1,31}/[!-~]+$")]
"""`<partner>/<source>/<id>` of the event whose copy is held for a partner (`cbrn_schemas.partner_release`)."""


class DecisionError(FieldError):
    """A record that is no decision of its topic's body, or one that no record can hold. `hint` is the remedy.

    `unread`: by its headers it is a decision of that body, so whoever decided is to be told that it is refused.
    """

    def __init__(self, message: str, *, where: str, hint: str, unread: UnreadDecision | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.unread = unread


class _Decision(Model):
    id: Identifier
    """`<body>.<name>`: unique, and tells on whose topic it stands. One that is sent again keeps it."""
    body: Code
    """Whose person decides; only that body may write it."""

    @model_validator(mode="after")
    def _named(self) -> Self:
        if not self.id.startswith(f"{self.body}."):
            raise PydanticCustomError("decision_id", "its id must begin with {body}.", {"body": self.body})
        return self


class DutyDecision(_Decision):
    """A person releases the draft of a duty, or says that it is answered or settled."""

    duty: Annotated[Released | Answered, Field(discriminator="type")]
    """What is written into the log of duties, as it stands, if the clerk applies it."""

    @property
    def at(self) -> datetime:
        """When the person decided."""
        return self.duty.at

    @property
    def subject(self) -> str:
        """Id of the duty."""
        return self.duty.id


class QuarantineDecision(_Decision):
    """A person puts a quarantined record back into the topic that it came from, as it was or corrected."""

    record: QuarantineId
    at: Time
    """When the person decided."""
    by: Person
    """Who: name and post."""
    corrected: str | None = None
    """The event that goes back instead of the original, as JSON text, byte for byte."""
    new_id: Identifier | None = None
    """Id that it gets, where the old one was used twice with different content."""
    key: str | None = None
    """Public key of the person, Ed25519, base64; None where only the name was given."""
    signature: str | None = None
    """Over realm, record, corrected event and new id; None where only the name was given."""

    @property
    def subject(self) -> str:
        """Id of the quarantined record."""
        return self.record


class PartnerDecision(_Decision):
    """A person lets a copy go to a partner abroad, just as it was shown, or refuses that it ever goes."""

    copy_id: CopyId
    at: Time
    """When the person decided."""
    by: Person
    """Who: name and post."""
    act: Literal["release", "refuse"]
    seen: Digest | None = None
    """Digest of what the person saw, and so of what leaves; if it is another by then, nothing leaves."""
    reason: Note
    key: str | None = None
    """Public key of the person, Ed25519, base64; None where only the name was given, which counts with nobody."""
    signature: str | None = None
    """Over realm, copy, act, what was seen, and reason; None where only the name was given."""

    @model_validator(mode="after")
    def _seen(self) -> Self:
        if self.act == "release" and self.seen is None:
            raise PydanticCustomError("not_seen", "a release names the digest of what the person saw")
        return self

    @property
    def subject(self) -> str:
        """Id of the copy."""
        return self.copy_id


class UnreadDecision(NamedTuple):
    """What its headers say of a decision that cannot be understood: enough to refuse it."""

    id: str
    subject: str
    decides: type[PersonDecision]
    why: str
    hint: str


PersonDecision = DutyDecision | QuarantineDecision | PartnerDecision
_TYPES: Final[dict[str, type[PersonDecision]]] = {
    DUTY_DECISION_TYPE: DutyDecision,
    QUARANTINE_DECISION_TYPE: QuarantineDecision,
    PARTNER_DECISION_TYPE: PartnerDecision,
}


_ID: Final = re.compile(r"[A-Za-z0-9._:/#-]{1,128}")
_SUBJECTS: Final[dict[type[PersonDecision], re.Pattern[str]]] = {
    DutyDecision: re.compile(r"[^\s/]{1,128}/[^\s/]{1,160}"),
    QuarantineDecision: re.compile(r"[A-Za-z0-9._-]{1,249}/[0-9]{1,10}/[0-9]{1,19}"),
    PartnerDecision: re.compile(r"[a-z][a-z0-9-]{1,31}/[!-~]{1,448}"),
}


def record_of(decision: PersonDecision) -> tuple[bytes, list[Header], bytes]:
    """Return key, headers and value of a decision.

    Raises:
        DecisionError: it is too long for a record.
    """
    (named,) = (name for name, model in _TYPES.items() if isinstance(decision, model))
    headers = binary_headers(
        id=decision.id, source=f"/{decision.body}", type=named, time=to_wire(decision.at), subject=decision.subject
    )
    value = decision.model_dump_json(exclude_none=True).encode()
    if len(value) > PAYLOAD_BYTES_MAX:
        raise DecisionError(
            f"with the corrected event it has {len(value)} bytes, and a record holds {PAYLOAD_BYTES_MAX}",
            where="corrected",
            hint="Shorten the corrected event, or publish it anew instead of releasing this one.",
        )
    return decision.id.encode(), headers, value


def read_decision(headers: list[Header], value: bytes | None, body: str) -> PersonDecision:
    """Return the decision in a record of `body`'s topic.

    Closed, unlike other readers of the bus: a member that this version does not know may say what the person did not
    want, so nothing is done.

    Raises:
        DecisionError: it cannot be understood, or is somebody else's.
    """
    try:
        envelope = read_envelope(headers, value)
    except InvalidEventError as error:
        raise DecisionError(error.message, where=error.where, hint=_IGNORED) from None
    model = _TYPES.get(envelope.type)
    if model is None:
        raise DecisionError(f"{envelope.type[:60]!r} is no decision", where="header:ce_type", hint=_IGNORED)
    try:
        decision = model.model_validate_json(envelope.data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "value"
        unread = _unread(envelope, model, body, f"{where}: {first['msg']}")
        raise DecisionError(first["msg"], where=where, hint=_IGNORED, unread=unread) from None
    if {decision.body, envelope.body} != {body} or decision.id != envelope.id:
        raise DecisionError(
            f"{envelope.id} of {decision.body} does not belong into a topic of {body}", where="body", hint=_IGNORED
        )
    return decision


def _unread(envelope: Envelope, model: type[PersonDecision], body: str, why: str) -> UnreadDecision | None:
    """Return what is to be refused; None where the headers name no decision of this body."""
    subject = dict(envelope.headers).get("ce_subject", b"").decode("utf-8", "replace")
    own = envelope.body == body and envelope.id.startswith(f"{body}.") and _ID.fullmatch(envelope.id)
    if not own or not _SUBJECTS[model].fullmatch(subject):
        return None
    return UnreadDecision(envelope.id, subject, model, f"it cannot be understood: {why}"[:WORDS_CHARS_MAX], _ANEW)


_ANEW: Final = "Nothing is changed. Decide again, with a program of the version that the bus has."
_IGNORED: Final = "It is ignored, and changes nothing. Find out who wrote it; decide again if it was meant."

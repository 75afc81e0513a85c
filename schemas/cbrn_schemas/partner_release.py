"""What became of each copy for a partner abroad: records of `<realm>.bus.releases`.

The topic is a log that its keeper alone writes (`cbrn_consumers.partners`): `held` once a copy, `weighed` each time
that what the partner would see has changed, then `approved`, `released`, `refused`, `expired` or `withdrawn`; beside
them `answered`, the answer to each person's decision. It is what an auditor reads: which agreement let which field
through, what was withheld, who has released it, and why. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import Field, TypeAdapter
from pydantic.types import Strict

from cbrn_schemas.because import Because, Reasons
from cbrn_schemas.duty import Digest, Note, Person, Word, Words
from cbrn_schemas.events.base import Code, Identifier, Language, MessageType, Severity, Status
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time
from cbrn_schemas.person_decision import CopyId
from cbrn_schemas.receipt import SeenEvent

RELEASES: Final = "releases"
"""Name of the bus's topic on which the log lies."""
COPIES: Final = "copies"
"""Stream of a body with the records of the copies of which its persons may decide, as they stand in the log."""
ID_CHARS_MAX: Final = 400
_PLAIN: Final = "-._~:@+,;=#"
_ID_DIGITS: Final = 40


def copy_id(partner: str, source: str, identifier: str) -> str:
    """Name the copy of an event for a partner: `kz/mes/minkush-post/4711`.

    What stands between the parts stands nowhere within the last, so that no two events share a name.
    """
    name = f"{partner}{quote(source, safe='/' + _PLAIN)}/{quote(identifier, safe=_PLAIN)}"
    if len(name) <= ID_CHARS_MAX:
        return name
    return f"{partner}/{hashlib.sha256(name.encode()).hexdigest()[:_ID_DIGITS]}"


class Withheld(Model):
    """A field of the event that the partner does not see, or sees as something coarser."""

    field: Word
    """In dotted form: `where.point`."""
    why: str


class ReleasedDocument(Model):
    """One document as the partner gets it, before it is signed."""

    format: Word
    """`cap`, `edxl`, `irix`."""
    content_type: Word
    text: str
    can_be_signed: bool = True
    """Whether its standard has room for a signature over the whole of it."""


class Shown(Model):
    """All that the partner would see, as a person sees it before it is released, and why it is just this."""

    agreement: Word
    """Name and version."""
    agreement_digest: Digest
    event: str
    """The reduced event, as JSON text, byte for byte."""
    named: SeenEvent | None = None
    """Source and id under which the partner knows it; None, in older records: its own."""
    documents: Annotated[tuple[ReleasedDocument, ...], Strict(strict=False)] = ()
    clauses: dict[str, str]
    """By field, in dotted form: the agreement's clause that lets it through."""
    withheld: Annotated[tuple[Withheld, ...], Strict(strict=False)] = ()
    cells: Words = ()
    """The agreement's pre-authorised cells that let it leave without a person."""
    acknowledge_within_s: Annotated[int, Field(ge=1)] | None = None
    """In what time the partner is asked to acknowledge; None: no answer is asked for."""
    signed: bool = True
    """Whether the documents leave signed by the bus."""
    public: bool = False
    """Whether the agreement makes it public."""

    @property
    def digest(self) -> str:
        """SHA-256 over the agreement, the event and every document: what a person's decision names."""
        parts = (
            self.agreement,
            self.agreement_digest,
            self.event,
            *(text for each in self.documents for text in (each.format, each.content_type, each.text)),
            f"{self.acknowledge_within_s} {self.signed} {self.public}",
            *(() if self.named is None else (self.named.source, self.named.id)),
        )
        return digest_of("\0".join(parts))


def digest_of(text: str | bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


class Held(Model):
    """The router has written a copy for a partner; it waits."""

    type: Literal["held"] = "held"
    id: CopyId
    at: Time
    """When the router wrote it, by the broker's clock."""
    partner: Code
    event: SeenEvent
    situation: Identifier
    kind: Word
    message_type: MessageType
    status: Status
    severity: Severity
    restricted: bool
    """For named duty officers alone: by the rule book, or TLP RED."""
    headlines: dict[Literal["en", "ru", "ky"], str]
    rules: Words = ()
    """Ids of the rules that named the partner."""
    rulebook: str = ""
    """First digits of the digest of the rule book that they are of."""
    digest: Digest
    """Of the event as it was published."""


class Weighed(Model):
    """What the agreement in force makes of the copy. Later ones count; an approval of an earlier one is void then."""

    type: Literal["weighed"] = "weighed"
    id: CopyId
    at: Time
    shown: Shown | None = None
    """None: it cannot leave as things are; `why` says why."""
    persons: Annotated[int, Field(ge=0, le=2)] = 2
    """How many different persons must release it; none: it leaves by itself."""
    bodies: Annotated[tuple[Code, ...], Strict(strict=False)] = ()
    """Whose persons may."""
    not_before: Time | None = None
    not_after: Time | None = None
    """Time limit: from then on it can no longer be released."""
    why: Note
    """Why it waits, or cannot leave, in English."""
    because: Reasons = ()
    """The same as codes; none in older records."""
    agreement_in_force: bool = True
    """Whether there is an agreement with the partner at all."""
    told: Annotated[tuple[Code, ...], Strict(strict=False)] = ()
    """Who got an alarm with this."""


class Approved(Model):
    """A person has released it, and a second, different one must, too."""

    type: Literal["approved"] = "approved"
    id: CopyId
    at: Time
    decision: Identifier
    body: Code
    by: Person
    key: str
    """Public key of the person, Ed25519, base64."""
    signature: str
    seen: Digest
    reason: Note


class Released(Model):
    """It has left, with this record or not at all. `approvals` are the words of the persons who released it."""

    type: Literal["released"] = "released"
    id: CopyId
    at: Time
    automatic: bool
    """Nobody was asked: the agreement lets it leave by itself."""
    seen: Digest
    """Of all that the partner got (`Shown.digest`)."""
    agreement: Word
    agreement_digest: Digest
    clauses: dict[str, str]
    withheld: Annotated[tuple[Withheld, ...], Strict(strict=False)] = ()
    cells: Words = ()
    """The agreement's pre-authorised cells that let it leave without a person."""
    event_digest: Digest
    """Of the reduced event's bytes."""
    documents: dict[str, Digest]
    """By format: of the document's bytes as they were written, signature included."""
    unsigned: str | None = None
    """Why the documents are not signed; None: they are."""
    acknowledge_by: Time | None = None
    approvals: Annotated[tuple[Approved, ...], Strict(strict=False)] = ()


class Refused(Model):
    """A person has decided that it never leaves."""

    type: Literal["refused"] = "refused"
    id: CopyId
    at: Time
    decision: Identifier
    body: Code
    by: Person
    key: str
    signature: str
    reason: Note


class Expired(Model):
    """Its time limit has passed before anybody released it."""

    type: Literal["expired"] = "expired"
    id: CopyId
    at: Time
    due: Time
    told: Annotated[tuple[Code, ...], Strict(strict=False)] = ()


class Withdrawn(Model):
    """It was cancelled, or a later word of its situation left, before it did: it would tell what is over."""

    type: Literal["withdrawn"] = "withdrawn"
    id: CopyId
    at: Time
    because: Literal["cancelled", "overtaken"]
    by: CopyId
    """The copy that cancels or overtakes it."""


class Answered(Model):
    """The keeper's answer to a person's decision: applied, as the record before it shows, or refused, and why."""

    type: Literal["answered"] = "answered"
    id: Annotated[str, Field(min_length=1, max_length=512)]
    """Of the copy, as the decision names it."""
    at: Time
    decision: Identifier
    """Id of the decision. It is answered once, however often it comes."""
    outcome: Literal["applied", "refused"]
    why: str | None = None
    """Why it was refused, in English."""
    hint: str | None = None
    """What to do about that, in English."""
    because: Because | None = None
    """Both as a code; None in older records, and where it was not the keeper who has found it wrong."""

    def in_words(self, lang: Language) -> tuple[str, str]:
        """Say why it was refused, and what to do about that."""
        if self.because is None:
            return self.why or "", self.hint or ""
        return self.because.said(lang), self.because.remedy(lang)


AnyRecord = Held | Weighed | Approved | Released | Refused | Expired | Withdrawn | Answered
RECORDS: Final[tuple[type[AnyRecord], ...]] = (
    *(Held, Weighed, Approved, Released, Refused, Expired, Withdrawn, Answered),
)
_adapter: Final[TypeAdapter[AnyRecord]] = TypeAdapter(Annotated[AnyRecord, Field(discriminator="type")])


def parse_release_record(value: bytes) -> AnyRecord:
    """Read a record of the log. Raises pydantic's ValidationError."""
    return _adapter.validate_json(value, extra="ignore")

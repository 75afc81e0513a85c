"""What the country owes to other states and to organisations, and how far it has come: records of `<realm>.bus.duties`.

The topic is a log: a duty is what its records together say (`cbrn_routing.duties.fold`). The router writes `raised` and
`noted`, the clerk all else: `drafted` and `overdue`; `released` and `answered`, which persons have decided (see
`person_decision`), and beside them `decided`, its answer. What a person says counts by its signature and the broker's
time of the record alone. Nothing here sends anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, TypeAdapter
from pydantic.types import Strict

from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events.base import LINE_PATTERN, Code, Identifier
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time
from cbrn_schemas.records import LOCAL_LANGUAGES, rfc3339, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events.base import Language, Severity, Text

DraftLanguage = Literal["en", "ru", "ky"]
"""Languages of a draft: what leaves the country is in English, what is decided at home in the other two."""

OVERDUE_TYPE: Final = "kg.cbrn.alarm.overdue-duty.v1"
"""CloudEvents type of the alarm about a duty whose time has run out."""
OVERDUE_SOURCE: Final = "/bus/duties"

Word = Annotated[str, StringConstraints(min_length=1, max_length=160)]
"""A word or short text of an open list: readers must expect ones that they do not know."""
Words = Annotated[tuple[Word, ...], Strict(strict=False)]
Codes = Annotated[tuple[Code, ...], Strict(strict=False)]
Person = Annotated[str, StringConstraints(min_length=2, max_length=200, pattern=LINE_PATTERN)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Titles(Model):
    """One line in the three languages of the bus."""

    ky: str
    ru: str
    en: str


class Basis(Model):
    """A fact that raised the duty."""

    facet: Word
    """What the rule of the duty asks for: `traits`, `downstream`, `severity`."""
    value: Word
    """What it found: `cwc-scheduled`, `UZ`."""
    field: str
    """The event's field that says so, `substances.0.cas`; empty where the place does."""
    shown: str
    """The evidence itself: «sarin, CAS 107-44-8, Chemical Weapons Convention 1.A.1»."""


class Evidence(Model):
    """An event of the situation."""

    id: str
    """CloudEvents id; the situation's name where the event came without an envelope."""
    source: str
    kind: Word
    message_type: Word
    observed: Time
    reported: Time


class Jurisdiction(Model):
    """The place as the bus found it."""

    district: str | None = None
    region: str | None = None
    country: str | None = None
    neighbours: Words = ()
    """Countries within 15 km."""
    downstream: Words = ()
    """Countries that the river reaches."""
    confidence: Word


class Duty(Model):
    """One duty as one event of its situation raised it."""

    id: str
    """`<situation>/<rule>`: the same for every event of the situation."""
    rule: Word
    """Id of the duty's rule in the rule book."""
    rulebook: str
    """Digest of the book."""
    title: Titles
    framework: Word
    clock: Word
    article: str
    asks: str
    """What the framework asks for."""
    standing: Word
    """How the framework binds the country: `party`, `not-party`, `unconfirmed`, ..."""
    possible: bool
    """The facts allow the duty and do not prove it."""
    voluntary: bool
    """The country is no party by the sources found: a template, no obligation."""
    addressees: Codes
    """Whom to tell; of the neighbours only those that may be affected."""
    addressee: str
    """The addressee in the framework's words."""
    national_bodies: Codes
    """Who answers for it at home; empty where no source says."""
    focal_points: Codes
    """The contact at home; empty where it has to be asked."""
    persons: Annotated[int, Field(ge=1, le=2)]
    """How many different persons must release it."""
    restricted: bool
    starts: str
    """What starts the clock."""
    started: Time | None
    wording: str
    """The time in the framework's words: «within 24 hours», «forthwith»."""
    due: Time | None
    """None where the framework has words instead of hours."""
    target: Time | None
    """When the bus reminds where there is no hour: its own proposal, not law."""
    stops: str
    """What stops the clock."""
    basis: Annotated[tuple[Basis, ...], Strict(strict=False)]
    evidence: Evidence
    place: Jurisdiction
    source: str
    """Where the clock was read."""
    confidence: Word
    """`low` and `medium`: not, or not fully, confirmed by a source."""

    @property
    def situation(self) -> str:
        """Name of the situation."""
        return self.id.rpartition("/")[0]


class Raised(Model):
    """An event raised the duty, or raised it again: evidence is added, the clock stays."""

    type: Literal["raised"] = "raised"
    at: Time
    """When the router decided."""
    duty: Duty
    event: dict[str, Any]
    """The event's data, as published: what the draft is made of."""

    @property
    def id(self) -> str:
        """Id of the duty."""
        return self.duty.id


class Noted(Model):
    """An event of the situation cancels it, or no longer raises the duty. A person decides what follows."""

    type: Literal["noted"] = "noted"
    id: str
    at: Time
    note: Literal["cancelled", "no-longer-raised"]
    evidence: Evidence


class Drafted(Model):
    """The clerk has written a draft from what the events say."""

    type: Literal["drafted"] = "drafted"
    id: str
    at: Time
    form: Word
    """`enc`, `ihr`, `woah`, `ian` or `general`."""
    digest: Digest
    """SHA-256 of the texts: what a person releases."""
    texts: dict[Literal["en", "ru"], str]
    text_ky: str | None = None
    """The same in Kyrgyz; absent in a draft of before there was one."""
    events: Words
    """Ids of the events that it is made of."""

    @property
    def genuine(self) -> bool:
        """Whether the digest is that of all the texts: else another text would stand under what persons have signed."""
        return self.digest == texts_digest(self.written)

    @property
    def written(self) -> dict[DraftLanguage, str]:
        """Every text that the draft has, by language."""
        written: dict[DraftLanguage, str] = {"en": self.texts.get("en", ""), "ru": self.texts.get("ru", "")}
        return written if self.text_ky is None else written | {"ky": self.text_ky}


def texts_digest(texts: Mapping[DraftLanguage, str]) -> str:
    """Return the SHA-256 of the texts, in hexadecimal digits: what a release is signed over.

    A draft of before there was one in Kyrgyz keeps its digest, and what persons signed over it.
    """
    written = [texts.get("en", ""), texts.get("ru", ""), *([texts["ky"]] if "ky" in texts else [])]
    return hashlib.sha256("\0".join(written).encode()).hexdigest()


class Released(Model):
    """A person of the focal point released a draft."""

    type: Literal["released"] = "released"
    id: str
    at: Time
    by: Person
    """Who: name and post."""
    digest: Digest
    """Of the draft that was released."""
    key: str | None = None
    """Public key of the person, Ed25519, base64; None where only the name was given."""
    signature: str | None = None
    """Over realm, duty and draft; None where only the name was given."""
    note: Note | None = None


class Answered(Model):
    """The addressee has answered, or the duty was settled in another way: the note says how."""

    type: Literal["answered"] = "answered"
    id: str
    at: Time
    by: Person
    note: Note
    key: str | None = None
    """Public key of the person, Ed25519, base64; None where only the name was given."""
    signature: str | None = None
    """Over realm, duty, time and note; None where only the name was given."""


class Overdue(Model):
    """Its time has run out before anybody released it; the alarm went out with this record, once."""

    type: Literal["overdue"] = "overdue"
    id: str
    at: Time
    limit: Literal["law", "target"]
    """`target`: the bus's own proposal where the framework has no hour."""
    due: Time
    told: Codes


class Decided(Model):
    """The clerk's answer to a person's decision: applied, as the record before it shows, or refused, and why."""

    type: Literal["decided"] = "decided"
    id: str
    """Of the duty, as the decision names it."""
    at: Time
    decision: Identifier
    """Id of the decision. It is answered once, however often it comes."""
    outcome: Literal["applied", "refused"]
    why: str | None = None
    """Why it was refused."""
    hint: str | None = None
    """What to do about that."""


DutyRecord = Annotated[
    Raised | Noted | Drafted | Released | Answered | Overdue | Decided,
    Field(discriminator="type"),
]

_adapter: Final[TypeAdapter[Raised | Noted | Drafted | Released | Answered | Overdue | Decided]] = TypeAdapter(
    DutyRecord
)


def parse_duty_record(value: bytes) -> Raised | Noted | Drafted | Released | Answered | Overdue | Decided:
    """Read a record of the topic. Raises pydantic's ValidationError."""
    return _adapter.validate_json(value, extra="ignore")


class OverdueAlarm(Model):
    """A duty whose time has run out. To the national bodies that answer for it, and to the crisis centre."""

    kind: Literal["overdue-duty"] = "overdue-duty"
    duty: str
    """Id, as `cbrn duties show` takes it."""
    title: Titles
    framework: Word
    article: str
    limit: Literal["law", "target"]
    """`target`: the framework has no hour, and the bus's own reminder has passed."""
    due: Time
    at: Time
    state: Word
    """How far it has come: `raised`, `drafted`, `unverified`, `released-by-one`."""
    addressees: Codes
    national_bodies: Codes
    """Empty: nobody is confirmed, so the crisis centre must find who answers."""
    message: str
    hint: str

    @property
    def severity(self) -> Severity:
        """How grave the situation is, its own alerts say."""
        return "Unknown"

    @property
    def texts(self) -> Mapping[Language, Text]:
        """What an officer reads, as every event has it: in Kyrgyz and Russian made of the catalogue's words."""
        title = f"{self.title.en} ({self.duty})"
        found: dict[Language, Text] = {"en": spoken(title, description=self.message, instruction=self.hint)}
        for lang in LOCAL_LANGUAGES:
            title = f"{getattr(self.title, lang)} ({self.duty})"
            what_to_do = word("alarm", "release-or-answer", lang).format(command=f"cbrn duties show {self.duty}")
            found[lang] = spoken(title, description=self._said(lang), instruction=what_to_do)
        return found

    def _said(self, lang: Language) -> str:
        known = frameworks().get(self.framework)
        limit = word("ui", "due" if self.limit == "law" else "reminder", lang)
        told = ", ".join(body_name(code, lang) for code in self.addressees) or "-"
        answers = ", ".join(body_name(code, lang) for code in self.national_bodies) or word("ui", "unconfirmed", lang)
        return "; ".join(
            (
                f"{word('kind', self.kind, lang)}: {limit} {rfc3339(self.due)}",
                word("duty_state", self.state, lang),
                f"{self.framework if known is None else known.names.get(lang)}, {self.article}",
                f"{word('ui', 'addressees', lang)}: {told}",
                f"{word('ui', 'answers-for-it', lang)}: {answers}",
            )
        )

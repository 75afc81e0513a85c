"""A silence: a duty officer's word that some repeated messages need not be put before anybody for a while.

It is a record of the body's own on `<realm>.from.<body>.silences`: who, why, what, until when. It withholds nothing:
the messages stand in their topics, the inbox counts what is hidden, and when the silence ends what it hid is told.
Pure: models, the question what a scope matches, and reading a record. What a silence may never cover is the business of
the reader (`cbrn_consumers.inbox.protection`), since it depends on the whole message.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, Self, get_args

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

from cbrn_schemas.catalogue.bodies import bodies, body
from cbrn_schemas.catalogue.places import district, region
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.envelope import Header, binary_headers, read_envelope
from cbrn_schemas.errors import FieldError, InvalidEventError, UnknownCodeError
from cbrn_schemas.events.base import Code, Hazard, Identifier, Line, Severity, at_least_one
from cbrn_schemas.events.kinds import EVENT_TYPES
from cbrn_schemas.events.model import Model
from cbrn_schemas.events.time import Time, to_wire
from cbrn_schemas.topics import Realm, from_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic_core import ErrorDetails

STREAM: Final = "silences"
SILENCE_TYPE: Final = "kg.cbrn.silence.silence.v1"
"""CloudEvents type of a silence."""
SILENCE_END_TYPE: Final = "kg.cbrn.silence.silence-end.v1"
"""CloudEvents type of its early end."""
LASTS_MAX: Final = timedelta(days=7)
"""Longest silence: as long as Kafka holds readings, so that what was hidden can always still be looked at."""
BEGINS_WITHIN: Final = timedelta(days=30)
"""How long ahead a silence may be declared, for planned work."""
REASON_LETTERS_MIN: Final = 5
"""Different letters that a reason has at least: «aaaa aaaa» and «-----» are none."""

SEVERITY_ORDER: Final = MappingProxyType({"Unknown": 0, "Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4})
"""From light to grave. Unknown stands lowest, so that learning how bad it is always counts as a rise."""


class SilenceError(FieldError):
    """A silence that cannot be declared or read. `where` is the field."""

    bad_input = True


class Subject(NamedTuple):
    """What a scope is held against: one delivered message. None: the message has no such thing."""

    situation: str | None
    station: str | None
    kind: str
    hazard: str
    district: str | None
    """SOATE code, 5 or 8 digits."""
    region: str | None
    """ISO 3166-2."""
    publisher: str


def _person(text: str) -> str:
    if sum(map(str.isalpha, text)) < 3 or text.casefold() in bodies():  # noqa: PLR2004 - no name is shorter
        raise PydanticCustomError("no_person", "name the person: surname and post, not the body or an account")
    return text


def _reason(text: str) -> str:
    words = re.findall(r"[^\W\d_]{2,}", text)
    letters = {character for character in text.casefold() if character.isalpha()}
    if len(text.strip()) < 10 or len(words) < 2 or len(letters) < REASON_LETTERS_MIN:  # noqa: PLR2004 - two words
        raise PydanticCustomError(
            "no_reason", "say in at least two words why: whoever takes over the watch must understand it"
        )
    return text


def _known_kind(kind: str) -> str:
    if kind not in EVENT_TYPES:
        raise PydanticCustomError("unknown_kind", "{kind} is no kind of event", {"kind": kind})
    return kind


def _known_district(code: str) -> str:
    try:
        district(code)
    except UnknownCodeError:
        raise PydanticCustomError("unknown_district", "no district has the code {code}", {"code": code}) from None
    return code


def _known_region(code: str) -> str:
    try:
        region(code)
    except UnknownCodeError:
        raise PydanticCustomError("unknown_region", "no region has the code {code}", {"code": code}) from None
    return code


def _known_body(code: str) -> str:
    if code not in bodies():
        raise PydanticCustomError("unknown_body", "no body has the code {code}", {"code": code})
    return code


Person = Annotated[Line, AfterValidator(_person)]
Because = Annotated[Line, AfterValidator(_reason)]


class Scope(Model):
    """What a silence covers: whatever agrees with every field that is given.

    It must be narrow: one situation, one station, or at least two of *what* (kind, hazard), *where* (district, region)
    and *who* (publisher). There are no wildcards, so no scope matches everything.
    """

    model_config = ConfigDict(
        json_schema_extra=at_least_one("situation", "station", "kind", "hazard", "district", "region", "publisher")
    )

    situation: Identifier | None = None
    station: Identifier | None = None
    kind: Annotated[Identifier, AfterValidator(_known_kind)] | None = None
    hazard: Hazard | None = None
    district: (
        Annotated[str, StringConstraints(pattern=r"^417[0-9]{2}([0-9]{3})?$"), AfterValidator(_known_district)] | None
    ) = None
    """SOATE code, as the bus has found the place."""
    region: Annotated[str, StringConstraints(pattern=r"^KG-[A-Z]{1,2}$"), AfterValidator(_known_region)] | None = None
    """ISO 3166-2."""
    publisher: Annotated[Code, AfterValidator(_known_body)] | None = None

    @model_validator(mode="after")
    def _narrow(self) -> Self:
        if self.situation is not None and self.station is not None:
            raise PydanticCustomError("scope_empty", "no message has both a situation and a station: give one of them")
        what, where = self.kind or self.hazard, self.district or self.region
        sides = sum(side is not None for side in (what, where, self.publisher))
        if self.situation is None and self.station is None and sides < 2:  # noqa: PLR2004 - two of three
            raise PydanticCustomError(
                "scope_wide",
                "too wide: name a situation or a station, or two of: what (kind, hazard), where (district, region), "
                "who (publisher)",
            )
        return self

    def matches(self, subject: Subject) -> bool:
        """Tell whether the message agrees with every field that is given."""
        return all(value is None or getattr(subject, name) == value for name, value in self)

    def given(self) -> dict[str, str]:
        """Return the fields that are given, in the order of the model."""
        return {name: value for name, value in self if value is not None}

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.given().items())


class Silence(Model):
    """One silence. It hides from notices and from the default list, never from a topic."""

    id: Identifier
    """`<body>.<name>`: unique, and tells in whose topic it stands."""
    body: Code
    """Whose inbox it quietens; only that body may write it."""
    author: Person
    reason: Because
    scope: Scope
    severity_max: Literal["Unknown", "Minor", "Moderate", "Severe"]
    """The highest severity seen in the scope when it was declared; what is graver is told at once. Never Extreme."""
    limits: Annotated[tuple[Line, ...], Field(max_length=20), Strict(strict=False)] = ()
    """Verdicts against limits that readings in the scope had reached then, such as `exceeds=ambient-limit`; another one
    is told at once."""
    starts: Time
    expires: Time
    """At most seven days after `starts`."""
    created: Time

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not self.starts < self.expires <= self.starts + LASTS_MAX:
            raise PydanticCustomError("silence_length", "it must end after it starts, and within 7 days")
        if not self.created <= self.starts <= self.created + BEGINS_WITHIN:
            raise PydanticCustomError("silence_start", "it must start when it is declared, or within 30 days after")
        if not self.id.startswith(f"{self.body}."):
            raise PydanticCustomError("silence_id", "its id must begin with {body}.", {"body": self.body})
        return self

    def takes(self, severity: Severity, limits: Iterable[str]) -> bool:
        """Tell whether a message of this severity, over these limits, is not above what stood there at declaration."""
        return SEVERITY_ORDER[severity] <= SEVERITY_ORDER[self.severity_max] and set(limits) <= set(self.limits)


class SilenceEnd(Model):
    """The early end of a silence. It counts from the moment at which the broker has it."""

    silence: Identifier
    body: Code
    author: Person
    reason: Line | None = None
    at: Time


SilenceRecord = Silence | SilenceEnd
_TYPES: Final[dict[str, type[Silence | SilenceEnd]]] = {SILENCE_TYPE: Silence, SILENCE_END_TYPE: SilenceEnd}


def silences_topic(realm: Realm, body: str) -> str:
    """Name the topic on which a body's silences stand."""
    return from_topic(realm, body, STREAM)


def declare(**fields: Any) -> Silence:
    """Make a silence from what a person gave (see `Silence`).

    Raises:
        SilenceError: naming the first field that is wrong.
    """
    try:
        return Silence(**fields)
    except ValidationError as error:
        raise _explained(error) from None


def scope_of(fields: dict[str, str]) -> Scope:
    """Make a scope from what a person gave.

    Raises:
        SilenceError: an unknown field or code, or a scope that is too wide.
    """
    try:
        return Scope.model_validate(fields)
    except ValidationError as error:
        raise _explained(error, within="scope") from None


def declare_end(silence: str, *, author: str, reason: str | None, at: datetime) -> SilenceEnd:
    """Make the early end of a silence, from what a person gave.

    Raises:
        SilenceError: naming the first field that is wrong.
    """
    try:
        return SilenceEnd(silence=silence, body=owner_of(silence), author=author, reason=reason, at=at)
    except ValidationError as error:
        raise _explained(error) from None


def owner_of(identifier: str) -> str:
    """Read from its id which body a silence is of.

    Raises:
        SilenceError: it is no id of a silence.
    """
    body, dot, _ = identifier.partition(".")
    if not dot or body not in bodies():
        raise SilenceError(
            f"{identifier[:60]!r} is no id of a silence", where="id", hint="`cbrn silence list BODY` shows the ids."
        )
    return body


def record_of(said: SilenceRecord) -> tuple[bytes, list[Header], bytes]:
    """Make the key, headers and value of a silence or of its end."""
    if isinstance(said, Silence):
        identifier, event_id, kind, at = said.id, said.id, SILENCE_TYPE, said.created
    else:
        identifier, event_id, kind, at = said.silence, f"{said.silence}/end", SILENCE_END_TYPE, said.at
    headers = binary_headers(id=event_id, source=f"/{said.body}", type=kind, time=to_wire(at), subject=identifier)
    return identifier.encode(), headers, said.model_dump_json(exclude_none=True).encode()


def read_silence(headers: list[Header], value: bytes | None, body: str) -> SilenceRecord:
    """Read the silence, or end of one, in a record of `body`'s topic.

    Closed, unlike other readers of the bus: a field of a scope that this version does not know would make the scope
    wider than its author meant, so the record is refused and nothing is hidden.

    Raises:
        SilenceError: it cannot be understood, or is somebody else's.
    """
    try:
        envelope = read_envelope(headers, value)
        model = _TYPES.get(envelope.type)
        if model is None:
            raise SilenceError(f"{envelope.type[:60]!r} is no silence", where="header:ce_type", hint=_IGNORED)
        said = model.model_validate_json(envelope.data)
    except InvalidEventError as error:
        raise SilenceError(error.message, where=error.where, hint=_IGNORED) from None
    except ValidationError as error:
        raise _explained(error) from None
    if {said.body, envelope.body} != {body} or (isinstance(said, SilenceEnd) and owner_of(said.silence) != body):
        raise SilenceError(f"it speaks for {said.body}, in a topic of {body}", where="body", hint=_IGNORED)
    return said


_IGNORED: Final = "It is ignored, so nothing is hidden by it. Find out who wrote it; declare a silence anew if needed."


def _explained(error: ValidationError, within: str = "") -> SilenceError:
    first = error.errors(include_url=False)[0]
    where = ".".join(filter(None, (within, *map(str, first["loc"])))) or "silence"
    said = "there is no such field" if first["type"] == "extra_forbidden" else first["msg"]
    return SilenceError(said, where=where, hint=_hint(where, first) or "Correct it and try again.")


def _hint(where: str, first: ErrorDetails) -> str:
    """Say what a field of a scope may mean: a name stands for its code, a slip for the right word."""
    named, given = where.rpartition("scope.")[2], str(first["input"])
    fields = f"Fields of a scope: {', '.join(Scope.model_fields)}."
    if first["type"] == "extra_forbidden":
        return did_you_mean(named, Scope.model_fields, fields)
    if named == "kind":
        return did_you_mean(given, EVENT_TYPES, "Give a kind of the bus, such as gamma-dose-rate.")
    if named == "hazard":
        return did_you_mean(given, get_args(Hazard), fields)
    try:
        _LOOKED_UP[named](given)
    except UnknownCodeError as unknown:
        return unknown.hint
    except KeyError:
        pass
    return fields if "scope" in where else ""


_LOOKED_UP: Final[Mapping[str, Callable[[str], object]]] = {"district": district, "region": region, "publisher": body}
"""Where the code in a field of a scope is looked up."""

"""Who can be on duty in a body, and by which channels each is reached: a file of that body, never a record.

It names posts, and persons only where one wishes. Addresses are secrets here: they show in no error, log line, record
or print of a model, and whoever sends asks for them by `address`. Pure: the model; `cbrn_consumers.rota` reads it.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, SecretStr, WithJsonSchema, model_validator
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.events.base import Code, Language, Line
from cbrn_schemas.events.model import Model

ChannelKind = Literal["email", "sms", "telegram", "webhook", "apprise", "bell"]
"""`apprise`: whatever else that library can reach, by its URL; `bell`: a sound and a window at the desk itself, which
needs no address."""
CHANNEL_KINDS: Final[tuple[ChannelKind, ...]] = get_args(ChannelKind)
OFFICERS_MAX: Final = 200
CHANNELS_MAX: Final = 10
"""Of one officer."""

_FORMS: Final[dict[ChannelKind, tuple[re.Pattern[str], str]]] = {
    "email": (re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[^\s@<>,;.]{2,63}"), "name@host"),
    "sms": (re.compile(r"\+[1-9][0-9]{7,14}"), "+ and the whole number with the country's code"),
    "telegram": (re.compile(r"-?[0-9]{4,20}|@[A-Za-z][A-Za-z0-9_]{3,31}"), "the number of a chat, or @name"),
    "webhook": (re.compile(r"https://[^\s/?#@]{1,255}(/[^\s]{0,1000})?"), "https://host/path without a user's name"),
    "apprise": (re.compile(r"[a-z][a-z0-9+]{1,30}://[^\s]{1,1000}"), "a URL of apprise, such as ntfys://host/topic"),
}
_NUMBERS: Final = re.compile(r"\+?[0-9](?:[\s().-]{0,2}[0-9]){6,}")
_ADDRESSES: Final = re.compile(r"[^\s@<>«»\"',;]+@[^\s@<>«»\"',;]+|[a-z][a-z0-9+.-]{1,30}://[^\s<>«»\"']+")
MASK: Final = "•••"


def masked(text: str) -> str:
    """Return the text with every number of seven digits or more, mail address and web address replaced.

    For words of others (a library, a provider) that repeat whom they wrote to.
    """
    return _NUMBERS.sub(MASK, _ADDRESSES.sub(MASK, text))


def _known(code: str) -> str:
    if code not in bodies():
        raise PydanticCustomError("unknown_body", "no body has this code")
    return code


def _without_number(text: str) -> str:
    if masked(text) != text:
        raise PydanticCustomError("number_shown", "no number or address here, since this is shown: put it into `to`")
    return text


def _secret(given: Any) -> Any:
    # A secret does not say what it is of, also not that it was a number.
    return SecretStr(given) if isinstance(given, str) else given


Address = Annotated[
    SecretStr,
    BeforeValidator(_secret),
    WithJsonSchema({"type": "string", "minLength": 4, "maxLength": 1300, "writeOnly": True}),
]


class Channel(Model):
    """One way to reach an officer."""

    # What was given stands in no error: it may be a number.
    model_config = ConfigDict(hide_input_in_errors=True)

    name: Annotated[Code, AfterValidator(_without_number)]
    """What it is called wherever it is spoken of, such as `mobile`; no number."""
    kind: ChannelKind
    to: Address | None = None
    """Mail address, telephone number, chat, or address of a webhook; nothing for a bell."""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.kind == "bell":
            if self.to is not None:
                raise PydanticCustomError("channel_to", "a bell needs no address: take `to` away")
            return self
        form, example = _FORMS[self.kind]
        if self.to is None:
            raise PydanticCustomError("channel_to", "it has no address: give `to`, as {example}", {"example": example})
        if not form.fullmatch(self.address):
            raise PydanticCustomError(
                "channel_to", "`to` is no address of {kind}: write {example}", {"kind": self.kind, "example": example}
            )
        return self

    @property
    def address(self) -> str:
        """Where to send; a number without blanks and hyphens. For senders alone: never for a log or a record."""
        said = "" if self.to is None else self.to.get_secret_value().strip()
        return re.sub(r"[\s()-]", "", said) if self.kind == "sms" else said

    @property
    def check(self) -> str:
        """Two digits that most likely differ once the address does: a test of the old one proves nothing then.

        So few that they tell nobody the address: one of 256 numbers has the same.
        """
        return blake2b(f"{self.kind} {self.address}".encode(), digest_size=1).hexdigest()


class Officer(Model):
    """Who can be on duty: a post, and how whoever holds it is reached."""

    model_config = ConfigDict(hide_input_in_errors=True)

    post: Annotated[Code, AfterValidator(_without_number)]
    """What the rota calls it, such as `duty-1`."""
    title: Annotated[Line, AfterValidator(_without_number)]
    """The post in words, as it is shown, such as «Дежурный 1-й смены»."""
    name: Annotated[Line, AfterValidator(_without_number)] | None = None
    """The person's name, where it is wanted."""
    language: Language = "ru"
    """In which this officer is told."""
    channels: Annotated[tuple[Channel, ...], Field(max_length=CHANNELS_MAX), Strict(strict=False)] = ()
    """An officer is told over all of them at once. Without any, the officer's shift begins with an alarm."""

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if twice := _twice([channel.name for channel in self.channels]):
            raise PydanticCustomError("channel_twice", "two channels are called {name}", {"name": twice})
        return self

    def channel(self, name: str) -> Channel | None:
        """Find a channel by its name."""
        return next((each for each in self.channels if each.name == name), None)


class Officers(Model):
    """The officers of one body."""

    model_config = ConfigDict(hide_input_in_errors=True)

    body: Annotated[Code, AfterValidator(_known)]
    officers: Annotated[tuple[Officer, ...], Field(min_length=1, max_length=OFFICERS_MAX), Strict(strict=False)]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if twice := _twice([officer.post for officer in self.officers]):
            raise PydanticCustomError("officer_twice", "two officers have the post {post}", {"post": twice})
        return self

    def officer(self, post: str) -> Officer | None:
        """Find an officer by post."""
        return next((each for each in self.officers if each.post == post), None)


def _twice(names: list[str]) -> str | None:
    return next((name for at, name in enumerate(names) if name in names[:at]), None)

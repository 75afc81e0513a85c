"""A document as a feed has it: the bytes that were released, and what an entry says of them. Pure.

Its name is its address for good. What was released is named by its own bytes, so whoever has it can check that it is
what the address says; nobody can guess the address of another, and the same bytes that come twice are one document.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from cbrn_schemas.errors import BusError

PUBLIC_FEED: Final = "public"
"""Name of the feed that asks for no token. No body has this code; a test holds that."""
CAP: Final = "application/cap+xml"
NAME_DIGITS: Final = 40
"""Hexadecimal: 160 bits of SHA-256."""


class UnfitDocumentError(BusError):
    """A record holds nothing that a feed can show."""


class Message(NamedTuple):
    """What another document refers to one by: CAP's `references`."""

    sender: str
    identifier: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document of one feed."""

    feed: str
    """Code of the partner or the body; `public`."""
    name: str
    content: bytes = b""
    """Empty where only its entry is asked for."""
    size: int
    """Of the content, in bytes."""
    content_type: str
    message: Message
    title: str
    summary: str | None
    languages: tuple[str, ...]
    message_type: str
    """CAP's `msgType`: `Alert`, `Update`, `Cancel`, `Ack`, `Error`."""
    status: str
    """CAP's `status`: `Actual`, `Exercise`, `Test`, ..."""
    severity: str
    """The gravest of its blocks, in CAP's words."""
    sent: datetime
    taken: datetime
    """When Kafka took it."""
    expires: datetime | None
    situation: str = ""
    """The bus's own situation, where it is known."""
    replaces: tuple[Message, ...] = ()
    """Documents that it updates or cancels."""
    acknowledge_by: datetime | None = None
    """By when its reader must acknowledge it; None where no answer is asked for."""

    @property
    def id(self) -> str:
        """Return what a receiver tells a second attempt by: `webhook-id`."""
        return f"{self.feed}-{self.name}"


def name_of(*parts: bytes) -> str:
    """Return the name of what these parts make up, each told apart from the next."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:NAME_DIGITS]

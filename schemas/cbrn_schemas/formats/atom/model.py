"""What a feed says, the same for those that are written and those that are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.faults import Fault

CAP_MEDIA_TYPE: Final = "application/cap+xml"
FEED_MEDIA_TYPE: Final = "application/atom+xml"


@dataclass(frozen=True, slots=True)
class Link:
    """An address, and what lies there."""

    href: str
    rel: str = "alternate"
    type: str | None = None
    title: str | None = None
    language: str | None = None
    length: int | None = None
    """In bytes: a hint."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of a feed."""

    id: str
    """An IRI that stays, whatever the address is: `urn:...`, or the document's own address."""
    title: str
    updated: datetime
    links: tuple[Link, ...] = ()
    """The document's own is `Link(href, type=CAP_MEDIA_TYPE)`."""
    published: datetime | None = None
    summary: str | None = None
    author: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, or one page of it.

    Pages are links of the feed (RFC 5005, 3): `self`, and `first`, `previous`, `next`, `last` where there are more.
    """

    id: str
    title: str
    updated: datetime
    author: str
    entries: tuple[Entry, ...] = ()
    links: tuple[Link, ...] = ()
    subtitle: str | None = None
    rights: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One document that another's feed names or holds."""

    id: str
    """Its id in the feed, else its address: what does not change while the document is the same."""
    title: str
    updated: datetime | None
    href: str | None
    """Where the document lies: http or https, absolute; None where it is only embedded."""
    embedded: bytes | None = None
    """The alert itself, where the feed holds it."""
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A feed of others, as far as it was read."""

    title: str
    updated: datetime | None
    items: tuple[Item, ...]
    next: str | None = None
    """Address of the next page (RFC 5005), or of the archive before this one."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with it, and was passed over."""

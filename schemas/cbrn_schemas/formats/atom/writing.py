"""Writing a feed: RFC 4287, with the pages of RFC 5005 as links."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

from lxml import etree

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_schemas.formats.atom.model import Entry, Feed, Link

ATOM: Final = "http://www.w3.org/2005/Atom"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold (2.2)."""


def write(feed: Feed) -> bytes:
    """Return the feed as a document in UTF-8.

    Raises:
        ValueError: an id or a link is empty, an id stands twice, or a time has no zone.
    """
    ids = [entry.id for entry in feed.entries]
    if not feed.id or not all(ids) or len(set(ids)) != len(ids):
        raise ValueError("a feed and each of its entries need an id of their own (RFC 4287, 4.2.6)")
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    if feed.language:
        root.set(_LANGUAGE, feed.language)
    _text(root, "id", feed.id)
    _text(root, "title", feed.title)
    _text(root, "subtitle", feed.subtitle)
    _text(root, "updated", _time(feed.updated))
    _author(root, feed.author)
    _text(root, "rights", feed.rights)
    for link in feed.links:
        _link(root, link)
    for entry in feed.entries:
        _entry(etree.SubElement(root, f"{{{ATOM}}}entry"), entry)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _entry(parent: etree._Element, entry: Entry) -> None:
    _text(parent, "id", entry.id)
    _text(parent, "title", entry.title)
    _text(parent, "updated", _time(entry.updated))
    _text(parent, "published", None if entry.published is None else _time(entry.published))
    _author(parent, entry.author)
    for category in entry.categories:
        etree.SubElement(parent, f"{{{ATOM}}}category", term=_clean(category))
    for link in entry.links:
        _link(parent, link)
    _text(parent, "summary", entry.summary)


def _text(parent: etree._Element, name: str, text: str | None) -> None:
    if text is not None:
        etree.SubElement(parent, f"{{{ATOM}}}{name}").text = _clean(text)


def _author(parent: etree._Element, name: str | None) -> None:
    if name is not None:
        _text(etree.SubElement(parent, f"{{{ATOM}}}author"), "name", name)


def _link(parent: etree._Element, link: Link) -> None:
    if not link.href:
        raise ValueError("a link needs an address (RFC 4287, 4.2.7.1)")
    told = {"rel": link.rel, "type": link.type, "hreflang": link.language, "href": link.href, "title": link.title}
    told["length"] = None if link.length is None else str(link.length)
    etree.SubElement(parent, f"{{{ATOM}}}link", {name: _clean(text) for name, text in told.items() if text is not None})


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _time(moment: datetime) -> str:
    """Write a time as RFC 3339 has it, in UTC; whole seconds where there are no others."""
    if moment.tzinfo is None:
        raise ValueError("a time in a feed needs its zone (RFC 4287, 3.3)")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

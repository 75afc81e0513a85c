"""Reading others' feeds, Atom and RSS 2.0, leniently: what names or holds an alert is taken, what is wrong is said.

Real feeds leave out types, ids and times. An entry counts if it is plain where its alert lies: in the entry itself,
behind the one link that is of CAP, or behind its only link. No address is followed here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from cbrn_schemas.formats.atom.model import Item, Listing
from cbrn_schemas.formats.cutting import cut_out
from cbrn_schemas.formats.faults import error, said
from cbrn_schemas.formats.tree import Found, children, first, local, text_of
from cbrn_schemas.formats.xml import read_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ITEMS_MAX: Final = 2_000
"""Of one page. A large country's feed of all its alerts has some hundreds."""
CHARS_MAX: Final = 1_000
"""Of a title or a summary."""
HREF_MAX: Final = 2_000
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_CAP: Final = "urn:oasis:names:tc:emergency:cap:"
_TYPES: Final = frozenset({"application/cap+xml", "application/common-alerting-protocol+xml"})
_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
_NOT_THE_DOCUMENT: Final = frozenset({"self", "edit", "related", "via", "replies", "license"})


def read(data: bytes, address: str = "") -> Listing:
    """Read a page of a feed. `address` is where it was fetched: what it names by relative addresses lies beside it.

    Raises:
        FormatError: it is no XML, or neither Atom nor RSS.
    """
    root = read_xml(data)
    found = Found("feed")
    link: Callable[[etree._Element, str, Found], str | None]
    moment: Callable[[etree._Element], datetime | None]
    if root.tag == f"{_ATOM}feed":
        entries, link, moment = children(root, "entry"), _atom_href, _atom_time
        about, base = root, urljoin(address, root.get(_BASE, ""))
    elif root.tag == "rss" and children(root, "channel"):
        about = children(root, "channel")[0]
        entries, link, moment = children(about, "item"), _rss_href, _rss_time
        base = address
    else:
        raise error(
            "feed-root",
            f"the document is {said(str(root.tag))}, no feed of Atom or RSS 2.0",
            "See whether the address is that of the feed, and not of a page about it.",
            where=local(root),
            line=root.sourceline,
        )
    if len(entries) > ITEMS_MAX:
        said_max = f"{len(entries):,} entries, of which the first {ITEMS_MAX:,} are read"
        found.add("many", said_max, "Ask the sender for pages (RFC 5005).", root, warning=True)
    items = tuple(_items(entries[:ITEMS_MAX], data, found, lambda entry: link(entry, base, found), moment))
    return Listing(
        title=_short(first(about, "title")),
        updated=moment(about),
        items=items,
        next=_next(about, base, found),
        faults=tuple(found.faults),
    )


def _items(
    entries: Sequence[etree._Element],
    data: bytes,
    found: Found,
    link: Callable[[etree._Element], str | None],
    moment: Callable[[etree._Element], datetime | None],
) -> Iterator[Item]:
    held = {id(entry): alert for entry in entries if (alert := _alert_in(entry)) is not None}
    cuts = dict(zip(held, (cut for cut, _ in cut_out(data, list(held.values()))), strict=True))
    seen: set[str] = set()
    for entry in entries:
        href, embedded = link(entry), cuts.get(id(entry))
        if href is None and embedded is None:
            hint = 'Give the alert itself, or one link with type="application/cap+xml".'
            found.add("no-alert", "the entry does not say where its alert is", hint, entry, warning=True)
            continue
        name = _short(first(entry, "id") or first(entry, "guid") or href) or _named(embedded)
        if name in seen:
            found.add("id-twice", f"{said(name)} stands there twice", "Give each its own id.", entry, warning=True)
            continue
        seen.add(name)
        summary = first(entry, "summary") or first(entry, "description")
        yield Item(name, _short(first(entry, "title")), moment(entry), href, embedded, _short(summary) or None)


def _alert_in(entry: etree._Element) -> etree._Element | None:
    for inside in (entry, *children(entry, "content")):
        for each in inside.iterchildren("*"):
            if local(each) == "alert" and (etree.QName(each).namespace or "").startswith(_CAP):
                return each
    return None


def _named(embedded: bytes | None) -> str:
    """Name an alert that its feed does not name: by itself."""
    assert embedded is not None
    alert = read_xml(embedded)
    return ",".join(first(alert, name) or "" for name in ("sender", "identifier", "sent"))


def _atom_href(entry: etree._Element, base: str, found: Found) -> str | None:
    links = [one for one in children(entry, "link") if one.get("rel", "alternate") not in _NOT_THE_DOCUMENT]
    links += [one for one in children(entry, "content") if one.get("src")]
    typed = [one for one in links if one.get("type", "").partition(";")[0].strip().lower() in _TYPES]
    of_cap = typed[:1] or (links if len(links) == 1 else [])
    for one in of_cap:
        within = urljoin(urljoin(base, entry.get(_BASE, "")), one.get(_BASE, ""))
        return _address(one.get("href") or one.get("src") or "", within, one, found)
    return None


def _rss_href(item: etree._Element, base: str, found: Found) -> str | None:
    enclosed = [one for one in children(item, "enclosure") if one.get("type", "").lower() in _TYPES]
    for one in enclosed[:1]:
        return _address(one.get("url", ""), base, one, found)
    for one in children(item, "link")[:1]:
        return _address(text_of(one), base, one, found)
    return None


def _next(about: etree._Element, base: str, found: Found) -> str | None:
    for wanted in ("next", "prev-archive"):
        for link in children(about, "link"):
            if link.get("rel") == wanted:
                return _address(link.get("href", ""), base, link, found)
    return None


def _address(href: str, base: str, at: etree._Element, found: Found) -> str | None:
    """Return an address that can be fetched."""
    try:
        address = urljoin(base, href.strip())
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        usable = False
    if not href.strip() or not usable or len(address) > HREF_MAX or not address.isprintable():
        hint = "Give the whole address, with http or https, and without a password."
        found.add("address", f"{said(href)} is no address that is fetched", hint, at, warning=True)
        return None
    return address


def _atom_time(at: etree._Element) -> datetime | None:
    text = first(at, "updated") or first(at, "published")
    try:
        moment = datetime.fromisoformat(text or "")
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _rss_time(at: etree._Element) -> datetime | None:
    text = first(at, "pubDate") or first(at, "lastBuildDate")
    if text is None or len(text) > CHARS_MAX:
        return None
    try:
        moment = parsedate_to_datetime(text)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a year, or an offset, of twenty digits
        return _atom_time(at)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _short(text: str | None) -> str:
    whole = " ".join((text or "").split())
    return whole if len(whole) <= CHARS_MAX else f"{whole[: CHARS_MAX - 1]}…"

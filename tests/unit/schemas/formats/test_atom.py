"""Feeds are written as their standard says, and others' are read as they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import etree
from tests.builders.signatories import AT

from cbrn_schemas.formats import atom
from cbrn_schemas.formats.faults import FormatError

NS = "{http://www.w3.org/2005/Atom}"
HERE = "https://feeds.example.kz/cap/atom.xml"
CAP = '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier></alert>'


def entry(number: int = 1) -> atom.Entry:
    """An entry with its document."""
    link = atom.Link(f"https://cbrn.example.kg/{number}?a=1&b=2", type=atom.CAP_MEDIA_TYPE)
    return atom.Entry(f"urn:x:{number}", "Утечка <хлора>", AT, (link,), categories=("CBRNE",))


def feed(*entries: atom.Entry, **more: object) -> atom.Feed:
    """A page of a feed."""
    links = (atom.Link(HERE, "self", atom.FEED_MEDIA_TYPE), atom.Link(f"{HERE}?page=2", "next"))
    return atom.Feed("urn:x", "Alerts", AT, "MES", entries, links, **more)  # type: ignore[arg-type] # by name


def theirs(entries: str) -> bytes:
    """Another's Atom feed."""
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>{entries}</feed>'.encode()


def test_a_feed_has_what_its_standard_demands() -> None:
    """RFC 4287, 4.1: ids, titles, times, an author."""
    root = etree.fromstring(atom.write(feed(entry(), language="ru")))
    names = [etree.QName(child).localname for child in root]
    assert names == ["id", "title", "updated", "author", "link", "link", "entry"]
    assert root.findtext(f"{NS}updated") == "2026-03-11T09:00:00Z"
    assert root.findtext(f"{NS}entry/{NS}title") == "Утечка <хлора>"


def test_what_is_written_is_read() -> None:
    """By the reader for others' feeds, without a fault."""
    found = atom.read(atom.write(feed(entry(1), entry(2))), HERE)
    assert [(item.id, item.href, item.updated) for item in found.items] == [
        ("urn:x:1", "https://cbrn.example.kg/1?a=1&b=2", AT),
        ("urn:x:2", "https://cbrn.example.kg/2?a=1&b=2", AT),
    ]
    assert (found.next, found.faults) == (f"{HERE}?page=2", ())


def test_a_feed_that_breaks_its_standard_is_not_written() -> None:
    """Two entries of one id are one to every reader, and a time without zone is no time."""
    with pytest.raises(ValueError, match="id"):
        atom.write(feed(entry(), entry()))
    with pytest.raises(ValueError, match="zone"):
        atom.write(atom.Feed("urn:x", "t", datetime(2026, 1, 1), "a"))  # noqa: DTZ001 - the fault itself


def test_what_xml_cannot_hold_is_replaced() -> None:
    """A control character in a title must not end the feed."""
    assert "�".encode() in atom.write(atom.Feed("urn:x", "a\x00b", AT, "a"))


@pytest.mark.parametrize(
    ("inside", "href"),
    [
        ('<link href="a.xml"/>', "https://feeds.example.kz/cap/a.xml"),
        ('<link href="p.html"/><link type="application/cap+xml" href="a.xml"/>', "https://feeds.example.kz/cap/a.xml"),
        ('<link type="application/common-alerting-protocol+xml" href="/a"/>', "https://feeds.example.kz/a"),
        ('<link rel="self" href="s"/><link href="a.xml"/>', "https://feeds.example.kz/cap/a.xml"),
        ('<content type="application/cap+xml" src="a.xml"/>', "https://feeds.example.kz/cap/a.xml"),
    ],
)
def test_an_alert_is_found_behind_its_link(inside: str, href: str) -> None:
    """Real indexes leave the type out: then the only link counts."""
    (item,) = atom.read(theirs(f"<entry><id>1</id>{inside}</entry>"), HERE).items
    assert item.href == href


def test_an_alert_that_lies_in_the_feed_is_cut_out() -> None:
    """Byte for byte, for its signature."""
    (item,) = atom.read(theirs(f'<entry><id>1</id><content type="text/xml"> {CAP}</content></entry>')).items
    assert (item.href, item.embedded) == (None, CAP.encode())


@pytest.mark.parametrize(
    ("inside", "rule"),
    [
        ('<link href="a"/><link href="b"/>', "feed-no-alert"),
        ("", "feed-no-alert"),
        ('<link href="file:///etc/passwd"/>', "feed-address"),
        ('<link href="https://user:word@example.kz/a"/>', "feed-address"),
        ('<link href="http://[::1"/>', "feed-address"),
        ('<link href="javascript:1"/>', "feed-address"),
    ],
)
def test_an_entry_without_a_plain_address_is_passed_over_and_said(inside: str, rule: str) -> None:
    """One bad entry takes none of the others with it."""
    found = atom.read(theirs(f'<entry>{inside}</entry><entry><link href="a"/></entry>'), HERE)
    assert len(found.items) == 1
    assert rule in {fault.rule for fault in found.faults}
    assert all(fault.severity == "warning" and fault.line for fault in found.faults)


def test_an_entry_that_stands_twice_counts_once() -> None:
    """And is said."""
    one = '<entry><id>1</id><link href="a"/></entry>'
    found = atom.read(theirs(one + one), HERE)
    assert [fault.rule for fault in found.faults] == ["feed-id-twice"]
    assert len(found.items) == 1


def test_rss_is_read() -> None:
    """With its own times, and an id that is the link where there is none."""
    rss = """<rss version="2.0"><channel><title>t</title><pubDate>Wed, 11 Mar 2026 15:00:00 +0600</pubDate>
    <item><title>a</title><link>https://x.example/1</link><pubDate>Wed, 11 Mar 2026 15:00:00 +0600</pubDate></item>
    <item><guid>g</guid><link>https://x.example/page</link>
    <enclosure url="https://x.example/2" type="application/cap+xml"/><pubDate>soon</pubDate></item></channel></rss>"""
    found = atom.read(rss.encode(), HERE)
    assert found.updated == datetime(2026, 3, 11, 9, tzinfo=UTC)
    assert [(item.id, item.href) for item in found.items] == [
        ("https://x.example/1", "https://x.example/1"),
        ("g", "https://x.example/2"),
    ]
    assert found.items[1].updated is None


def test_what_is_no_feed_is_refused() -> None:
    """A page about the feed is the usual mistake."""
    with pytest.raises(FormatError, match="no feed"):
        atom.read(b"<html/>")


def test_a_page_has_a_bound() -> None:
    """A feed without end is read as far as any honest one goes."""
    entries = "".join(f'<entry><id>{number}</id><link href="{number}"/></entry>' for number in range(2_001))
    found = atom.read(theirs(entries), HERE)
    assert (len(found.items), [fault.rule for fault in found.faults]) == (2_000, ["feed-many"])

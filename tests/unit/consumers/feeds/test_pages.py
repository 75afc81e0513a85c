"""Feeds as pages of Atom: what a reader who walks them finds. No Kafka, no HTTP."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from lxml import etree
from tests.builders.feeds import NOW, WHOSE, cancel, cap, many, put, released

from cbrn_consumers.feeds import pages as room
from cbrn_consumers.feeds.pages import Pages
from cbrn_consumers.feeds.store import BLOCK, Store
from cbrn_schemas.topics import Realm

ROOT = "https://feeds.example.kg/feeds"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "feeds.sqlite3", WHOSE)
    yield made
    made.close()


@pytest.fixture
def pages(store):
    return Pages(store, ROOT, Realm.REAL)


def read(page):
    return etree.fromstring(page.content)


def titles(page):
    return [entry.findtext(f"{ATOM}title") for entry in read(page).iter(f"{ATOM}entry")]


def link(page, rel):
    found = [each.get("href") for each in read(page).findall(f"{ATOM}link") if each.get("rel") == rel]
    return found[0].removeprefix(f"{ROOT}/kz/") if found else None


def number(path):
    return int(path.removesuffix(".atom").rpartition("/")[2])


def test_an_entry_leads_to_its_document(store, pages):
    (one,) = put(store, released(cap(1), more=(("cbrn_acknowledge_by", b"2026-11-27T04:00:00.849Z"),)))
    (entry,) = read(pages.first("kz")).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Chlorine 1"
    (to,) = entry.findall(f"{ATOM}link")
    assert to.get("href") == f"{ROOT}/kz/documents/{one.name}.xml"
    assert to.get("type") == "application/cap+xml"
    terms = [each.get("term") for each in entry.findall(f"{ATOM}category")]
    assert terms == ["Alert", "Severe", "acknowledge-by:2026-11-27T04:00:00+00:00"]


def test_an_empty_feed_is_a_feed(pages, store):
    """Whoever polls before the first alert must not take it for broken, nor for one that nobody has kept since 1970."""
    store.note_complete(NOW)
    store.note_complete(NOW + timedelta(days=1))
    root = read(pages.first("kz"))
    assert root.findtext(f"{ATOM}id")
    assert datetime.fromisoformat(root.findtext(f"{ATOM}updated")) == NOW
    assert titles(pages.first("kz")) == []


def test_a_feed_of_an_exercise_says_so(store):
    assert "EXERCISE" in read(Pages(store, ROOT, Realm.EXERCISE).first("kz")).findtext(f"{ATOM}title")


def test_whoever_follows_next_finds_all_that_is_in_force_once(store, pages):
    many(store, 5 * BLOCK + 7)
    page, found = pages.first("kz"), []
    while True:
        found += titles(page)
        following = link(page, "next")
        if following is None:
            break
        page = pages.current("kz", number(following))
    assert found == [f"Chlorine {one}" for one in reversed(range(5 * BLOCK + 7))]
    assert link(page, "first") == "feed.atom"


def test_previous_leads_back_to_the_first_page(store, pages):
    many(store, 4 * BLOCK)
    last = pages.current("kz", 0)
    assert link(last, "previous") == "1.atom"
    assert link(pages.current("kz", 2), "previous") == "feed.atom"


def test_a_page_that_is_empty_is_passed_over(store, pages):
    """All of a page has expired: a walk goes on behind it."""
    many(store, 4 * BLOCK)
    with store.tables.writing() as given:
        given.execute("UPDATE documents SET in_force = 0 WHERE seq BETWEEN ? AND ?", (BLOCK, 3 * BLOCK - 1))
        given.execute("UPDATE feeds SET version = version + 1")
    assert pages.current("kz", 1) is None
    assert link(pages.first("kz"), "next") is None or number(link(pages.first("kz"), "next")) == 0


def test_whoever_was_away_finds_what_came_and_went_in_the_archive(store, pages):
    """A reader who slept through an alert and its cancellation can still see both (RFC 5005, 4)."""
    many(store, 2 * BLOCK + 3)
    put(store, released(cap(900), 0), released(cancel(901, of=900), 1), now=NOW)
    assert link(pages.first("kz"), "prev-archive") == "archive/1.atom"
    archived = pages.archive("kz", 1)
    assert link(archived, "prev-archive") == "archive/0.atom"
    assert link(pages.archive("kz", 0), "next-archive") == "archive/1.atom"
    assert link(archived, "current") == "feed.atom"
    assert len(titles(archived)) == BLOCK


def test_a_page_of_the_archive_that_is_not_full_is_not_there_yet(store, pages):
    many(store, BLOCK + 1)
    assert pages.archive("kz", 1) is None
    assert pages.archive("kz", 7) is None


def test_what_has_left_is_marked_in_the_archive(store, pages):
    many(store, BLOCK)
    store.expire(NOW + timedelta(days=2))
    terms = {each.get("term") for each in read(pages.archive("kz", 0)).iter(f"{ATOM}category")}
    assert "no-longer-in-force" in terms


def test_a_new_document_changes_the_first_page_alone(store, pages):
    many(store, 4 * BLOCK + 1)
    before = [pages.current("kz", block) for block in range(2)]
    first = pages.first("kz")
    many(store, 1, begin=4 * BLOCK + 1)
    assert [pages.current("kz", block).etag for block in range(2)] == [page.etag for page in before]
    assert pages.first("kz").etag != first.etag


def test_a_page_is_made_when_its_feed_has_changed_and_not_when_it_is_asked_for(store, pages, monkeypatch):
    """A thousand readers cost what one does; and a feed of ten thousand entries what a small one does."""
    many(store, 10_000)
    made = []
    monkeypatch.setattr(room, "write", lambda feed, write=room.write: made.append(len(feed.entries)) or write(feed))
    for _ in range(100):
        pages.first("kz")
    assert len(made) == 1
    assert made[0] < 2 * BLOCK, "the page holds a part of the feed"
    many(store, 1, partner="uz")
    pages.first("kz")
    assert len(made) == 1, "another feed's change is none of this one's"


def test_pages_that_are_kept_are_bounded(store, pages, monkeypatch):
    monkeypatch.setattr(room, "PAGES_MAX", 3)
    many(store, 8 * BLOCK)
    for block in range(8):
        pages.current("kz", block)
    assert len(pages._known) == 3


def test_ids_of_entries_are_apart_and_stay(store, pages):
    many(store, BLOCK)
    ids = [each.findtext(f"{ATOM}id") for each in read(pages.first("kz")).iter(f"{ATOM}entry")]
    assert len(set(ids)) == BLOCK
    moved = Pages(store, "https://elsewhere.example/feeds", Realm.REAL)
    assert [each.findtext(f"{ATOM}id") for each in read(moved.first("kz")).iter(f"{ATOM}entry")] == ids


def test_times_fall_from_entry_to_entry(store, pages):
    many(store, 5)
    updated = [each.findtext(f"{ATOM}updated") for each in read(pages.first("kz")).iter(f"{ATOM}entry")]
    assert all(newer > older for newer, older in pairwise(updated))

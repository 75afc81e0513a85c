"""Feeds as files for a web server: the same as over HTTP, written whole, and cleaned. No Kafka."""

import os
from datetime import timedelta

import pytest
from tests.builders.feeds import NOW, WHOSE, cancel, cap, many, put, released

from cbrn_consumers.feeds import files as room
from cbrn_consumers.feeds.files import Files
from cbrn_consumers.feeds.pages import Pages
from cbrn_consumers.feeds.store import BLOCK, KEPT, Store
from cbrn_schemas.formats.cap import writing
from cbrn_schemas.topics import Realm

FEEDS = ("kz", "public")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A thousand files wait for no disk."""
    monkeypatch.setattr(room.os, "fsync", lambda _: None)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "feeds.sqlite3", WHOSE)
    made.note_complete(NOW)
    yield made
    made.close()


@pytest.fixture
def pages(store):
    return Pages(store, "https://www.example.kg/alerts", Realm.REAL)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "www"


@pytest.fixture
def files(folder, store, pages):
    return Files(folder, store, pages, lambda: FEEDS)


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_what_is_served(files, folder, store, pages):
    content = writing.write(cap(1))
    (one,) = put(store, released(content))
    files.write(whole=True)
    assert (folder / "kz" / "feed.atom").read_bytes() == pages.first("kz").content
    assert (folder / "kz" / "documents" / f"{one.name}.xml").read_bytes() == content
    assert f"https://www.example.kg/alerts/kz/documents/{one.name}.xml" in pages.first("kz").content.decode()


def test_a_web_server_can_be_shown_the_public_feed_alone(files, folder, store):
    put(store, released(cap(1), 0, public=True), released(cap(2), 1))
    files.write(whole=True)
    assert "Chlorine 2" not in "".join(path.read_text() for path in (folder / "public").rglob("*") if path.is_file())
    assert (folder / "kz").stat().st_mode & 0o007 == 0
    assert (folder / "public").stat().st_mode & 0o005 == 0o005


def test_an_empty_feed_is_a_file_too(files, folder):
    files.write()
    assert names(folder) == {"kz/feed.atom", "public/feed.atom"}


def test_a_database_that_is_not_filled_yet_leaves_the_files_as_they_are(files, folder, store, tmp_path):
    """Its file was lost, say: until all is read again, an empty feed would tell the public that the danger is over."""
    put(store, released(cap(1), public=True))
    assert files.write(whole=True)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    lost = Store(tmp_path / "another.sqlite3", WHOSE)
    again = Files(folder, lost, Pages(lost, "https://www.example.kg/alerts", Realm.REAL), lambda: FEEDS)
    assert not again.write(whole=True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    lost.note_complete(NOW)
    assert again.write(whole=True)
    assert "Chlorine" not in (folder / "public" / "feed.atom").read_text()
    lost.close()


def test_all_pages_are_there_and_none_that_is_empty(files, folder, store):
    many(store, 4 * BLOCK)
    files.write(whole=True)
    pages = {name for name in names(folder / "kz") if name.endswith(".atom")}
    assert pages == {"feed.atom", *(f"{n}.atom" for n in range(4)), *(f"archive/{n}.atom" for n in range(4))}
    store.expire(NOW + timedelta(days=2))
    files.write()
    pages = {name for name in names(folder / "kz") if name.endswith(".atom")}
    assert pages == {"feed.atom", *(f"archive/{n}.atom" for n in range(4))}


def test_only_what_has_changed_is_written(files, folder, store, monkeypatch):
    """Ten thousand entries, and one more: its page, not two hundred."""
    many(store, 20 * BLOCK)
    files.write(whole=True)
    written = []
    whole = room._write_whole
    monkeypatch.setattr(room, "_write_whole", lambda path, content: written.append(path.name) or whole(path, content))
    many(store, 1, begin=20 * BLOCK)
    files.write()
    assert len(written) < 8
    assert "feed.atom" in written
    written.clear()
    files.write()
    assert written == []


def test_a_cancelled_document_keeps_its_file_until_kafka_forgets_it(files, folder, store):
    (one,) = put(store, released(cap(1), 0))
    put(store, released(cancel(2, of=1), 1))
    files.write(whole=True)
    path = folder / "kz" / "documents" / f"{one.name}.xml"
    assert path.exists()
    assert one.name not in (folder / "kz" / "feed.atom").read_text()
    store.expire(NOW + KEPT + timedelta(hours=1))
    files.write(whole=True)
    assert not path.exists()


def test_what_a_crash_or_somebody_left_is_cleaned_and_what_is_missing_comes_again(files, folder, store):
    (one,) = put(store, released(cap(1), 0))
    files.write(whole=True)
    path = folder / "kz" / "documents" / f"{one.name}.xml"
    for junk in (path.with_name(f".{one.name}.xml.0.new"), path.with_name("x.xml"), folder / "kz" / "77.atom"):
        junk.write_text("half")
    path.unlink()
    (folder / "kz" / "feed.atom").unlink()
    files.write(whole=True)
    assert names(folder / "kz") == {"feed.atom", "0.atom", f"documents/{one.name}.xml"}


def test_a_page_is_never_seen_half_written(files, folder, store, monkeypatch):
    """A full disk leaves the old page, and the new one comes when there is room again."""
    put(store, released(cap(1), 0))
    files.write(whole=True)
    before = (folder / "kz" / "feed.atom").read_bytes()

    def full(*_):
        raise OSError(28, os.strerror(28))

    put(store, released(cap(2), 1))
    with monkeypatch.context() as patch:
        patch.setattr(room.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            files.write()
    assert (folder / "kz" / "feed.atom").read_bytes() == before
    assert not [name for name in names(folder) if name.endswith(".new")]
    files.write()
    assert "Chlorine 2" in (folder / "kz" / "feed.atom").read_text()


def test_what_comes_while_files_are_written_is_written_next(files, folder, store, monkeypatch):
    """It may be of the very page that is being written; an all-clear must not wait for an hour."""
    put(store, released(cap(1), 0))
    coming, replace = [released(cap(2), 1)], files._put

    def written(path, page):
        replace(path, page)
        if path.name == "feed.atom" and coming:
            put(store, coming.pop())

    monkeypatch.setattr(files, "_put", written)
    files.write(whole=True)
    assert "Chlorine 2" not in (folder / "kz" / "feed.atom").read_text()
    files.write()
    assert "Chlorine 2" in (folder / "kz" / "feed.atom").read_text()


def test_a_file_has_the_documents_own_time(files, folder, store):
    """So a web server's Last-Modified stays when files are written anew."""
    (one,) = put(store, released(cap(1), 0))
    files.write(whole=True)
    assert (folder / "kz" / "documents" / f"{one.name}.xml").stat().st_mtime == NOW.timestamp()

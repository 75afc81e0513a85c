"""The database of feeds: what is in force, whose numbers are whose, and that it can be lost. No Kafka."""

from datetime import timedelta

import pytest
from tests.builders.feeds import NOW, WHOSE, cancel, cap, many, put, reference, released, taken_of

from cbrn_consumers.feeds.errors import FeedStoreError
from cbrn_consumers.feeds.store import BLOCK, KEPT, Store
from cbrn_schemas.formats.cap import writing


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "feeds.sqlite3", WHOSE)
    yield made
    made.close()


def titles(store, feed="kz", **how):
    return [one.document.title for one in store.between(feed, 0, None, **how)]


def test_a_documents_bytes_come_out_as_they_went_in(store):
    """They are what was signed."""
    content = writing.write(cap(1)) + b"<!-- as it is -->\n"
    (one,) = put(store, released(content))
    assert store.document("kz", one.name).content == content
    assert store.document("uz", one.name) is None


def test_the_newest_stands_first(store):
    put(store, released(cap(1), 0), released(cap(2), 1))
    assert titles(store) == ["Chlorine 2", "Chlorine 1"]


def test_what_comes_twice_is_there_once(store):
    """A keeper that writes at least once writes the same bytes again."""
    put(store, released(cap(1), 0), released(cap(1), 1))
    put(store, released(cap(1), 2))
    assert titles(store) == ["Chlorine 1"]


def test_a_cancelled_document_leaves_the_feed_and_keeps_its_address(store):
    (first,) = put(store, released(cap(1), 0))
    put(store, released(cancel(2, of=1, headline="All clear"), 1))
    assert titles(store) == ["All clear"]
    assert titles(store, all_of_it=True) == ["All clear", "Chlorine 1"]
    assert store.document("kz", first.name).content


def test_an_update_takes_the_place_of_what_it_updates(store):
    put(store, released(cap(1), 0), released(cap(2, msg_type="Update", references=(reference(1),)), 1))
    assert titles(store) == ["Chlorine 2"]


def test_an_acknowledgement_replaces_nothing(store):
    put(store, released(cap(1), 0), released(cap(2, msg_type="Ack", references=(reference(1),)), 1))
    assert titles(store) == ["Chlorine 2", "Chlorine 1"]


def test_what_was_cancelled_before_it_came_is_never_in_force(store):
    put(store, released(cancel(2, of=1, headline="All clear"), 0))
    put(store, released(cap(1), 1))
    assert titles(store) == ["All clear"]


def test_a_cancellation_in_another_feed_changes_nothing_here(store):
    """What one partner was told of says nothing to the readers of another."""
    put(store, released(cap(1), 0))
    put(store, released(cancel(2, of=1), 0, partner="uz"))
    assert titles(store) == ["Chlorine 1"]


def test_an_expired_document_leaves_the_feed_in_time(store):
    put(store, released(cap(1, expires=NOW + timedelta(minutes=1)), 0), released(cap(2, expires=None), 1))
    assert not store.expire(NOW + timedelta(seconds=59))
    assert store.expire(NOW + timedelta(minutes=1))
    assert titles(store) == ["Chlorine 2"]
    assert len(titles(store, all_of_it=True)) == 2


def test_what_has_expired_when_it_comes_is_not_in_force(store):
    """As after a rebuild: three months of documents come at once."""
    put(store, released(cap(1), 0), now=NOW + timedelta(days=1))
    assert titles(store) == []


def test_what_kafka_keeps_no_more_is_removed(store):
    (one,) = put(store, released(cap(1), 0))
    store.expire(NOW + KEPT + timedelta(minutes=1))
    assert store.document("kz", one.name) is None
    put(store, released(cap(2), 1))
    assert [each.seq for each in store.between("kz", 0, None)] == [1], "a number is never given twice"


def test_each_feed_has_numbers_and_changes_of_its_own(store):
    """What readers of one feed see must not tell that another one grows."""
    put(store, released(cap(1), 0))
    before = store.state("kz")
    put(store, released(cap(2), 0, partner="uz"), released(cap(3), 1, partner="uz"))
    assert store.state("kz") == before
    assert store.state("uz").next == 2


def test_a_rebuild_makes_the_same_feed(store, tmp_path):
    """Lost, it is filled again: the same documents, numbers, and time of the last change."""
    records = [
        released(cap(1), 0),
        released(cap(2, expires=NOW + timedelta(seconds=30)), 1),
        released(cancel(3, of=1), 2),
    ]
    put(store, *records)
    later = NOW + timedelta(minutes=1)
    store.expire(later)
    other = Store(tmp_path / "other.sqlite3", WHOSE)
    put(other, *records, now=later)
    assert other.between("kz", 0, None, all_of_it=True) == store.between("kz", 0, None, all_of_it=True)
    assert other.state("kz").changed == store.state("kz").changed
    other.close()


def test_positions_are_written_with_what_was_read(store, tmp_path):
    put(store, released(cap(1), 4))
    store.close()
    again = Store(tmp_path / "feeds.sqlite3", WHOSE)
    assert again.positions() == {("cbrn.to.kz.documents", 0): 5}
    again.close()


def test_nothing_of_a_batch_stays_that_could_not_be_written_whole(store):
    taken = taken_of(released(cap(1), 0))
    with pytest.raises(FeedStoreError):
        store.take(taken, {("cbrn.to.kz.documents", 0): None}, NOW)
    assert titles(store) == []


def test_a_database_of_another_realm_or_body_is_begun_anew(tmp_path):
    path = tmp_path / "feeds.sqlite3"
    first = Store(path, WHOSE)
    put(first, released(cap(1), 0))
    first.note_complete(NOW)
    first.close()
    other = Store(path, {"realm": "cbrn-exercise", "body": None})
    assert not other.complete
    assert titles(other) == []
    assert other.positions() == {}
    other.close()


def test_a_topic_that_was_made_anew_is_forgotten(store):
    put(store, released(cap(1), 7), released(cap(2), 3, partner="uz"))
    store.note_complete(NOW)
    store.forget("cbrn.to.kz.documents", NOW)
    assert not store.complete
    assert (titles(store), titles(store, "uz")) == ([], ["Chlorine 2"])
    assert ("cbrn.to.kz.documents", 0) not in store.positions()


def test_the_database_is_closed_to_others(store, tmp_path):
    put(store, released(cap(1), 0))
    assert (tmp_path / "feeds.sqlite3").stat().st_mode & 0o077 == 0


def test_a_database_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "feeds.sqlite3").write_text("no database" * 100)
    with pytest.raises(FeedStoreError) as refused:
        Store(tmp_path / "feeds.sqlite3", WHOSE)
    assert "filled again" in refused.value.hint


def test_pages_are_of_fixed_numbers(store):
    many(store, 3 * BLOCK + 10)
    assert store.head_block("kz") == 2, "the first page has a page's worth at least"
    assert store.block_before("kz", 2) == 1
    assert store.block_after("kz", 2) == 3
    assert store.block_before("kz", 0) is None

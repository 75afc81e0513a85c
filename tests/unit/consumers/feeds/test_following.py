"""Following Kafka, without one: what goes wrong over one record, or with the database, ends no feed."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.builders.feeds import NOW, WHOSE, cap, released

from cbrn_consumers.feeds.errors import FeedStoreError
from cbrn_consumers.feeds.following import Following
from cbrn_consumers.feeds.store import Store
from cbrn_consumers.feeds.taking import ReleasedTaker
from cbrn_schemas.settings import Settings

TOPIC = "cbrn.to.kz.documents"


class Odd(ReleasedTaker):
    """Fails over one record as no taker should."""

    def take(self, record):
        if record.offset == 2:
            raise RuntimeError("a fault of ours")
        return super().take(record)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "feeds.sqlite3", WHOSE)
    yield made
    made.close()


@pytest.fixture
def following(store):
    return Following(store, Odd("en"), [TOPIC], Settings(), lambda: NOW)


def titles(store):
    return [one.document.title for one in store.between("kz", 0, None)]


async def test_a_record_that_cannot_be_shown_is_told_of_once_and_passed(following, store):
    records = [released(cap(0), 0), released(b"no xml", 1), released(cap(2), 2), released(cap(3), 3)]
    with capture_logs() as logs:
        await following._take(records)
        await following._take(records)
    assert titles(store) == ["Chlorine 3", "Chlorine 0"]
    (told,) = [one for one in logs if one["event"] == "a record is in no feed"]
    assert (told["count"], told["first"], told["record"]) == (2, f"{TOPIC}/0/1", f"{TOPIC}/0/2")
    assert store.positions() == {(TOPIC, 0): 4}


async def test_a_database_that_fails_keeps_nothing_half(following, store):
    await following._take([released(cap(0), 0)])
    store.close()
    with pytest.raises(FeedStoreError):
        await following._take([released(cap(1), 1)])


async def test_without_kafka_the_feeds_are_not_fresh(following):
    assert not following.fresh()


async def test_who_waits_for_changes_hears_of_them(following):

    heard = asyncio.Event()
    following.changed.append(heard)
    await following._take([])
    assert not heard.is_set()
    await following._take([released(cap(1), 1)])
    assert heard.is_set()
    heard.clear()
    await following._take([released(cap(1), 1)])
    assert not heard.is_set(), "the same again is no news"

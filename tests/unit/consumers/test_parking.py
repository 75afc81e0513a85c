"""What its handler could not do with an alert: it is parked, named, and tried again."""

from pathlib import Path

import pytest
from tests.builders.feed import EVENT, NOW, FakeMessage, record

from cbrn_consumers import ParkingError
from cbrn_consumers.alert import read_alert
from cbrn_consumers.parking import Parking


async def test_alert_that_its_handler_refuses_is_parked_and_the_next_one_follows(feed):
    """Neither lost nor in the way."""

    @feed.handler
    async def handle(alert):
        if alert.id == "poison":
            raise ValueError("cannot show this")

    poison, good = FakeMessage(record(0, event_id="poison")), FakeMessage(record(1))
    await feed._receive(poison)
    await feed._receive(good)
    (parked,) = feed.parking.parked()
    assert (poison.acknowledged, good.acknowledged) == (1, 1)
    assert "cannot show this" in parked.error
    assert read_alert(parked).data == EVENT


async def test_parked_alert_is_tried_again_when_the_feed_starts(feed, pauses):
    """Mend the handler, restart: what was parked is handled, and the folder is empty."""
    feed.parking.park(record(), error="x", attempts=3, now=NOW)
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    assert await feed.retry_parked() == 0
    assert handled == ["a-1"]
    assert feed.parking.parked() == []


async def test_parked_alert_that_fails_again_stays_and_holds_nothing_up(feed, pauses):
    """What is new must not wait for what is old."""
    feed.parking.park(record(), error="x", attempts=3, now=NOW)

    @feed.handler
    async def handle(alert):
        raise ValueError("still")

    assert await feed.retry_parked() == 1
    assert pauses.seconds == []


def test_parked_record_comes_back_byte_for_byte(tmp_path):
    """What is handled later must be what was published."""
    raw = record(value=b"\x00\xff", headers=[("odd", b"\xfe")])
    parking = Parking(tmp_path / "new")
    path = parking.park(raw, error="e", attempts=1, now=NOW)
    (parked,) = parking.parked()
    assert (parked.value, parked.key, tuple(parked.headers)) == (raw.value, raw.key, raw.headers)
    assert path.stat().st_mode & 0o077 == 0, "alerts may be restricted"


def test_a_header_without_a_value_is_parked_and_comes_back(tmp_path):
    """Kafka allows it, and the router passes it on: a record with one must not be the one that cannot be kept."""
    raw = record(headers=[("note", None), ("", b"")])
    parking = Parking(tmp_path)
    parking.park(raw, error="half of a character: \ud800", attempts=1, now=NOW)
    (parked,) = parking.parked()
    assert tuple(tuple(header) for header in parked.headers) == raw.headers
    assert parked.error == "half of a character: \\ud800"


async def test_a_damaged_file_in_the_parking_does_not_keep_the_feed_from_what_is_new(feed, tmp_path):
    """It is named in the log and counted; the others are tried all the same."""
    feed.parking.park(record(), error="x", attempts=3, now=NOW)
    (feed.parking.folder / "a.json").write_text("{")
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    assert await feed.retry_parked() == 1
    assert handled == ["a-1"]


async def test_a_file_that_cannot_be_deleted_does_not_keep_the_feed_from_what_is_new(feed, monkeypatch):
    """A disk that is read-only by now: the old alert was handled, and the new ones must be, too."""
    feed.parking.park(record(), error="x", attempts=3, now=NOW)

    @feed.handler
    async def handle(alert):
        pass

    def unlink(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", unlink)
    assert await feed.retry_parked() == 1


def test_damaged_file_in_the_parking_is_named(tmp_path):
    """A person must find the file; it must not pass in silence."""
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(ParkingError, match=r"x\.json"):
        Parking(tmp_path).parked()

"""What a ministry's program can rely on: every alert handled, or visibly parked; never lost, never spinning."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka import ConsumerRecord
from aiokafka.errors import CommitFailedError

from cbrn_consumers import AlertFeed, ParkingError, Patience, StandstillError
from cbrn_consumers.alert import read_alert
from cbrn_consumers.parking import Parking
from cbrn_consumers.subscription import decode_raw, parse_raw
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.duty import OVERDUE_TYPE, OverdueAlarm
from cbrn_schemas.envelope import binary_headers
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.records import ALARM_TYPE, Alarm, alarm_record

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"

EVENT = (
    '{"kind":"tailings-failure","hazard":"radiological","body":"mes","observed":"2026-05-01T06:00:00Z",'
    '"reported":"2026-05-01T06:05:00Z","where":{"site":"F04"},"severity":"Severe","situation":"KG-2026-minkush",'
    '"state":"breached","texts":{"ru":{"headline":"Прорыв дамбы"}}}'
).encode()
ORDER = [
    ("cbrn_role", b"lead"),
    ("cbrn_rule", b"tailings-failure,extreme"),
    ("cbrn_acknowledge_by", b"2026-05-01T06:20:00.000Z"),
    ("cbrn_warnings", b"clock-ahead,place-unknown"),
    ("cbrn_rulebook", b"0123456789ab"),
    ("cbrn_place", b"41704220"),
    ("cbrn_restricted", b"true"),
]
NOW = datetime(2026, 5, 1, 7, tzinfo=UTC)


def record(offset=0, *, event_id="a-1", value=EVENT, headers=(), order=ORDER):
    own = binary_headers(
        id=event_id, source="/mes", type="kg.cbrn.incident.tailings-failure.v1", time="2026-05-01T06:00:00Z"
    )
    return ConsumerRecord(
        topic="cbrn.to.mes.alerts",
        partition=1,
        offset=offset,
        timestamp=1_777_000_000_000,
        timestamp_type=0,
        key=b"KG-2026-minkush",
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(*own, *order, *headers),
    )


class FakeMessage:
    """FastStream's message, as far as the feed uses it."""

    def __init__(self, raw, commit_error=None):
        self.raw_message = raw
        self.acknowledged = 0
        self.given_back = 0
        self.commit_error = commit_error

    async def ack(self):
        if self.commit_error is not None:
            raise self.commit_error
        self.acknowledged += 1

    async def nack(self):
        self.given_back += 1


class Pauses:
    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
async def feed(tmp_path, pauses):
    made = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(5.0, (1.0, 5.0)), sleep=pauses)
    made._failure = asyncio.get_running_loop().create_future()
    yield made
    if made._failure.done():
        made._failure.exception()


def test_alert_says_who_what_and_until_when():
    """The handler gets typed values; nobody parses headers at three in the morning."""
    alert = read_alert(record())
    assert alert.event.situation == "KG-2026-minkush"
    assert (alert.id, alert.source, alert.role) == ("a-1", "/mes", "lead")
    assert alert.rules == ("tailings-failure", "extreme")
    assert alert.acknowledge_by == datetime(2026, 5, 1, 6, 20, tzinfo=UTC)
    assert alert.warnings == ("clock-ahead", "place-unknown")
    assert alert.restricted
    assert alert.place == "41704220"
    assert alert.data == EVENT
    assert str(alert.origin) == "cbrn.to.mes.alerts/1/0"


def test_alarm_about_a_quarantined_incident_is_an_alert():
    """An incident that nobody could read must reach a person through the same feed."""
    refused = InvalidEventError(Reason.NOT_JSON, where="value", message="no JSON", hint="Mend it.")
    headers, value = alarm_record(
        refused, identifier="cbrn.from.moh.incidents/0/7", body="moh", at="2026-05-01T06:00:00Z"
    )
    alert = read_alert(replace(record(value=value), headers=tuple(headers)))
    assert alert.type == ALARM_TYPE
    assert isinstance(alert.event, Alarm)
    assert alert.role is None


@pytest.mark.parametrize("order", [[("cbrn_role", b"chief")], [("cbrn_acknowledge_by", b"soon")]])
def test_order_that_cannot_be_understood_is_no_alert(order):
    """A role that this version does not know must not be taken for «none»."""
    with pytest.raises(InvalidEventError) as refused:
        read_alert(record(order=order))
    assert order[0][0] in f"{refused.value.where} {refused.value}"


async def test_alert_is_acknowledged_after_its_handler_has_returned(feed):
    """In the other order a crash between the two loses it."""
    message = FakeMessage(record())

    seen = []

    @feed.handler
    async def handle(alert):
        seen.append(message.acknowledged)

    await feed._receive(message)
    assert (seen, message.acknowledged) == ([0], 1)


async def test_alert_that_comes_twice_is_handled_once(feed):
    """After a rebalance Kafka gives the last ones again."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.id)

    second = FakeMessage(record(1))
    await feed._receive(FakeMessage(record(0)))
    await feed._receive(second)
    assert handled == ["a-1"]
    assert second.acknowledged == 1


async def test_escalated_alert_is_handled_again(feed):
    """It comes again on purpose: nobody had acknowledged it."""
    handled = []

    @feed.handler
    async def handle(alert):
        handled.append(alert.level)

    await feed._receive(FakeMessage(record(0)))
    await feed._receive(FakeMessage(record(1, headers=[("cbrn_level", b"1")])))
    assert handled == [0, 1]


async def test_failing_handler_is_tried_again_with_pauses(feed, pauses):
    """A database that restarts must not cost an alert."""
    attempts = []

    @feed.handler
    async def handle(alert):
        attempts.append(alert.id)
        if len(attempts) < 3:
            raise ConnectionError("database is starting")

    message = FakeMessage(record())
    await feed._receive(message)
    assert len(attempts) == 3
    assert pauses.seconds == [1.0, 5.0]
    assert feed.parking.parked() == []


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


async def test_unreadable_alert_is_parked_not_dropped(feed):
    """A newer kind than this program knows must reach a person after all."""
    message = FakeMessage(record(value=b'{"kind":"meteorite"}'))

    @feed.handler
    async def handle(alert):
        raise AssertionError("never called")

    await feed._receive(message)
    assert "unreadable" in feed.parking.parked()[0].error
    assert message.acknowledged == 1


async def test_handler_that_hangs_is_cut_off(tmp_path, pauses):
    """One hanging handler must not hold up every alert after it."""
    feed = AlertFeed("mes", name="desk", parking=tmp_path, patience=Patience(0.01, ()), sleep=pauses)

    @feed.handler
    async def handle(alert):
        await asyncio.Event().wait()

    await feed._receive(FakeMessage(record()))
    assert "not done within" in feed.parking.parked()[0].error


async def test_alert_is_given_back_when_even_parking_fails(feed, tmp_path):
    """Better a feed that stands still, and says so, than a lost alert."""
    feed.parking = Parking(tmp_path / "file" / "below")
    (tmp_path / "file").write_text("in the way")

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    message = FakeMessage(record())
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)
    with pytest.raises(ParkingError):
        await feed.failed()


async def test_lost_commit_does_not_end_the_feed(feed):
    """Another process has the partition by then; the alert was handled."""

    @feed.handler
    async def handle(alert):
        pass

    await feed._receive(FakeMessage(record(), CommitFailedError()))
    assert not feed._failure.done()


async def test_header_that_is_not_utf8_does_not_drop_the_alert():
    """FastStream decodes every header and would throw the record away."""
    odd = record(headers=[("note", b"\xff\xfe")], value=b"\xff")

    async def original(seen):
        assert seen.headers == ()
        return FakeMessage(seen)

    message = await parse_raw(odd, original)
    assert message.raw_message is odd
    message.body = odd.value
    assert await decode_raw(message) == b"\xff"


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


@pytest.mark.parametrize("fault", [TypeError("unforeseen"), MemoryError(), AssertionError(), UnicodeError("x")])
async def test_an_unforeseen_error_gives_the_alert_back(feed, monkeypatch, fault):
    """FastStream would swallow it and move on, and the next acknowledgement would pass the alert."""

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    def park(*_, **__):
        raise fault

    monkeypatch.setattr(feed.parking, "park", park)
    message = FakeMessage(record(7))
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)
    with pytest.raises(StandstillError, match=r"cbrn\.to\.mes\.alerts/1/7") as caught:
        await feed.failed()
    assert caught.value.__cause__ is fault
    assert caught.value.hint


async def test_an_unforeseen_error_of_the_acknowledgement_gives_the_alert_back(feed):
    """Handled it is; but what Kafka knows is not known, so nothing may pass it."""

    @feed.handler
    async def handle(alert):
        pass

    message = FakeMessage(record(), RuntimeError("?"))
    await feed._receive(message)
    assert (message.acknowledged, message.given_back) == (0, 1)


async def test_nothing_is_acknowledged_behind_an_alert_that_could_not_be_given_back(feed, monkeypatch):
    """One acknowledgement counts for everything before it: then rather none at all, until the next start."""

    @feed.handler
    async def handle(alert):
        if alert.id == "odd":
            raise ValueError("no")

    def park(*_, **__):
        raise TypeError("unforeseen")

    async def nack():
        raise RuntimeError("no seek")

    monkeypatch.setattr(feed.parking, "park", park)
    odd, good = FakeMessage(record(0, event_id="odd")), FakeMessage(record(1))
    odd.nack = nack
    await feed._receive(odd)
    await feed._receive(good)
    assert (odd.acknowledged, good.acknowledged) == (0, 0)


async def test_even_the_log_may_fail_once_the_alert_is_given_back(feed, monkeypatch, pauses):
    """A closed standard output must cost neither the alert nor the pause."""

    @feed.handler
    async def handle(alert):
        raise ValueError("no")

    def park(*_, **__):
        raise TypeError("unforeseen")

    def critical(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(feed.parking, "park", park)
    monkeypatch.setattr("cbrn_consumers.feed.log", SimpleNamespace(critical=critical, warning=lambda *_, **__: None))
    message = FakeMessage(record())
    with pytest.raises(BrokenPipeError):
        await feed._receive(message)
    assert message.given_back == 1
    assert pauses.seconds[-1] == 1.0


class WordlessError(Exception):
    """An error that fails when it is asked for its words."""

    def __repr__(self):
        raise ValueError("no words")


@pytest.mark.parametrize(
    "error", [WordlessError(), asyncio.CancelledError(), StopAsyncIteration(), ExceptionGroup("x", [OSError()])]
)
async def test_whatever_a_handler_raises_its_alert_is_parked(feed, error):
    """Also an error without words, and a cancellation of something within the handler: the feed itself goes on."""

    @feed.handler
    async def handle(alert):
        raise error

    message = FakeMessage(record())
    await feed._receive(message)
    assert message.acknowledged == 1
    assert len(feed.parking.parked()) == 1


async def test_a_feed_that_is_stopped_parks_nothing(feed):
    """The alert that was being handled comes again."""
    begun = asyncio.Event()

    @feed.handler
    async def handle(alert):
        begun.set()
        await asyncio.Event().wait()

    message = FakeMessage(record())
    receiving = asyncio.create_task(feed._receive(message))
    await begun.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert (message.acknowledged, message.given_back, feed.parking.files()) == (0, 0, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": 2**62},
        {"timestamp": -1},
        {"key": None},
        {"key": b"\xff"},
        {"value": None},
        {"value": b"\xff\xfe"},
        {"headers": ()},
        {"headers": (("ce_id", None), ("cbrn_role", None))},
        {"headers": (("cbrn_acknowledge_by", b"9999-12-31T23:59:59+00:00"),)},
        {"headers": tuple((name, b"\xff") for name, _ in ORDER)},
        {"headers": ((None, b"a name that is none"),)},
    ],
    ids=repr,
)
async def test_no_record_is_so_odd_that_it_is_passed(feed, changes):
    """It is handled, or parked byte for byte."""

    @feed.handler
    async def handle(alert):
        assert alert.headline("ky")

    odd = record()
    headers = changes.pop("headers", odd.headers)
    if headers and headers[0][0] == "cbrn_acknowledge_by":
        headers = tuple({**dict(odd.headers), **dict(headers)}.items())
    message = FakeMessage(replace(odd, headers=headers, **changes))
    await feed._receive(message)
    assert message.acknowledged + message.given_back == 1


def test_alarms_have_texts_and_a_headline_as_events_do():
    """The natural program prints `alert.event.texts`; the bus's own alarms come to the same handler."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="not JSON", hint="Mend it.")
    headers, value = alarm_record(
        error, identifier="cbrn.from.mes.incidents/1/3", body="mes", at="2026-05-01T06:00:00Z"
    )
    alarm = read_alert(replace(record(value=value), headers=tuple(headers)))
    assert alarm.event.texts["en"].headline == "Not readable: value: not JSON (cbrn.from.mes.incidents/1/3)"
    assert alarm.event.texts["en"].instruction == "Mend it."
    russian = alarm.event.texts["ru"]
    assert russian.headline == "Сообщение задержано в карантине: Не JSON (МЧС, cbrn.from.mes.incidents/1/3)"
    assert russian.description == "поле: value: not JSON"
    assert alarm.headline("ky") == alarm.event.texts["ky"].headline != russian.headline
    assert alarm.event.severity == "Unknown"
    title = {"ky": "к", "ru": "р", "en": "e"}
    overdue = OverdueAlarm(
        duty="KG-1/enc", title=title, framework="enc", article="2", limit="law", due=NOW, at=NOW, state="raised",
        addressees=(), national_bodies=(), message="m", hint="h",
    )  # fmt: skip
    own = binary_headers(id="o", source="/bus/duties", type=OVERDUE_TYPE, time="2026-05-01T06:00:00Z")
    told = read_alert(replace(record(value=overdue.model_dump_json().encode()), headers=tuple(own)))
    assert [told.headline(lang) for lang in ("ky", "ru", "en")] == ["к (KG-1/enc)", "р (KG-1/enc)", "e (KG-1/enc)"]
    for lang, said in (("ky", "мөөнөтү өттү"), ("ru", "Просрочена обязанность перед другими: срок 20")):
        text = told.event.texts[lang]
        assert said in text.description
        assert "cbrn duties show KG-1/enc" in text.instruction
        rest = f"{text.description} {text.instruction}".replace("cbrn duties show KG-1/enc", "")
        assert not re.search(r"[A-Za-z]{3}", rest), "no half of it is English"


def test_a_headline_is_never_empty():
    """A reading without texts is told by its kind."""
    assert read_alert(record()).headline("en") == "Прорыв дамбы", "in whatever language there is"
    reading = json.loads((EXAMPLES / "gamma-dose-rate.json").read_text(encoding="utf-8"))
    reading.pop("texts", None)
    assert read_alert(record(value=json.dumps(reading).encode())).headline("en") == word(
        "kind", "gamma-dose-rate", "en"
    )

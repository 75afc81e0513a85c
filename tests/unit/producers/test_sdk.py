"""What an agency's program can rely on before, while and after an event is sent."""

import asyncio
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from aiokafka.errors import (
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    TopicAuthorizationFailedError,
)

from cbrn_producers import (
    Agency,
    NotAcknowledgedError,
    NotAuthorizedError,
    NotStartedError,
    Receipt,
    RefusedEventError,
    TooLargeError,
)
from cbrn_producers.outgoing import Sender, prepare
from cbrn_schemas.events import Point, TailingsFailure, Text, Where
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm

MES = Sender("mes", None, Realm.REAL)


def failure(**changed):
    given = {
        "body": "mes",
        "observed": datetime(2026, 5, 1, 6, tzinfo=UTC),
        "reported": datetime(2026, 5, 1, 6, 5, tzinfo=UTC),
        "where": Where(site="F04"),
        "severity": "Severe",
        "situation": "KG-2026-minkush",
        "state": "breached",
        "texts": {"ru": Text(headline="Прорыв дамбы хвостохранилища")},
    }
    return TailingsFailure(**(given | changed))


class FakeProducer:
    """Answers each send as its script says: an error, `never`, or an offset."""

    def __init__(self, *script):
        self.script = list(script)
        self.sent = []

    async def send(self, topic, value, *, key, headers):
        self.sent.append((topic, value, key, dict(headers)))
        future = asyncio.get_running_loop().create_future()
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            future.set_exception(answer)
        elif answer != "never":
            future.set_result(SimpleNamespace(topic=topic, partition=0, offset=answer, timestamp=1_777_000_000_000))
        return future


class FakeConnection:
    def __init__(self, *producers):
        self.producers = list(producers)
        self.discarded = []

    async def producer(self):
        return self.producers[0]

    async def send(self, producer, outgoing):
        return await producer.send(outgoing.topic, outgoing.value, key=outgoing.key, headers=outgoing.headers)

    async def discard(self, producer):
        if producer is self.producers[0] and len(self.producers) > 1:
            self.producers.pop(0)
        self.discarded.append(producer)


def agency(*producers, **options):
    opened = Agency("mes", **options)
    opened._connection = FakeConnection(*producers)
    return opened


def test_record_is_keyed_by_situation_and_addressed_by_lane_and_realm():
    """Key and topic decide order and who may read: neither is left to the agency's programmer."""
    outgoing = prepare(failure(), Sender("mes", "minkush-post", Realm.REAL), event_id="a-1")
    headers = dict(outgoing.headers)
    assert outgoing.topic == "cbrn.from.mes.incidents"
    assert outgoing.key == b"KG-2026-minkush"
    assert headers["ce_id"] == b"a-1"
    assert headers["ce_source"] == b"/mes/minkush-post"
    assert headers["ce_type"] == b"kg.cbrn.incident.tailings-failure.v1"
    assert headers["ce_time"] == b"2026-05-01T06:00:00.000Z"


def test_exercise_goes_to_the_exercise_realm():
    """Real and exercise never meet."""
    outgoing = prepare(failure(status="Exercise"), Sender("mes", None, Realm.EXERCISE))
    assert outgoing.topic == "cbrn-exercise.from.mes.incidents"


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (failure(status="Exercise"), "status"),
        (failure(body="moh"), "body"),
        (failure().model_copy(update={"situation": "two words"}), "situation"),
        (b'{"kind":', "value"),
    ],
)
def test_event_that_would_be_quarantined_is_refused_before_it_is_sent(event, where):
    """The programmer hears of a mistake at once; an incident in quarantine costs minutes."""
    with pytest.raises(RefusedEventError) as caught:
        prepare(event, MES)
    assert caught.value.where == where
    assert caught.value.hint


def test_test_message_may_travel_in_either_realm():
    """The router takes status Test in both; the SDK must not be stricter."""
    for realm in Realm:
        assert prepare(failure(status="Test"), Sender("mes", None, realm)).key


def test_json_bytes_travel_as_they_are():
    """The bytes that came are the bytes that go: signatures of publishers stay valid."""
    data = failure().model_dump_json(indent=2, exclude_none=True).encode()
    assert prepare(data, MES).value is data


def test_field_that_stands_twice_is_refused():
    """Readers would disagree on which of the two counts."""
    data = failure().model_dump_json(exclude_none=True).encode()
    doubled = data.replace(b'"severity":"Severe"', b'"severity":"Minor","severity":"Severe"')
    with pytest.raises(RefusedEventError, match="twice"):
        prepare(doubled, MES)


def test_event_of_more_than_64_kib_is_too_large():
    """Intermediaries need not carry more."""
    with pytest.raises(TooLargeError):
        prepare(b" " * 65_537, MES)


def test_unknown_body_is_refused_before_a_connection_is_opened():
    """A typing error in the code must not look like a missing topic."""
    with pytest.raises(RefusedEventError, match="no body"):
        Agency("mess")


async def test_publishing_outside_of_the_context_is_refused():
    """There is no connection to publish on."""
    with pytest.raises(NotStartedError):
        await Agency("mes").publish(failure())


async def test_receipt_says_where_the_event_is_stored():
    """An agency can prove that it reported."""
    fresh = datetime.now(UTC)
    receipt = await agency(FakeProducer(41)).publish(failure(observed=fresh, reported=fresh), event_id="a-1")
    assert receipt == Receipt("a-1", "cbrn.from.mes.incidents", 0, 41, datetime.fromtimestamp(1_777_000_000, UTC))


async def test_receipt_says_what_is_doubtful_about_the_event():
    """The programmer hears at once what recipients will see; the event is on its way all the same."""
    many = agency(FakeProducer(1, 2))
    outcomes = await many.publish_many([failure(where=Where(site="F4")), (failure(where=Where(site="F04")), "b-2")])
    assert [[each.doubt for each in outcome.warnings] for outcome in outcomes] == [
        ["place-unknown", "reported-late"],
        ["reported-late"],
    ]
    assert "F04" in outcomes[0].warnings[0].hint


def test_an_event_is_checked_without_a_broker_and_without_consequences():
    """A test of an agency's program needs no Kafka; what publishing would refuse is refused."""
    publisher = Agency("mes", settings=Settings(lang="ru"))
    checked = publisher.check(failure(where=Where(point=Point(lat=74.57, lon=42.87))), event_id="a-1")
    assert checked[:2] == ("a-1", "cbrn.from.mes.incidents")
    assert [each.doubt for each in checked.warnings] == ["place-abroad", "place-swapped", "reported-late"]
    assert "Бишкек" in checked.warnings[1].message
    with pytest.raises(RefusedEventError):
        publisher.check(failure(body="moh"))


def test_a_warning_that_cannot_be_worded_holds_no_event_back(monkeypatch):
    """It is advice; the alert is what counts."""
    monkeypatch.setattr("cbrn_producers.outgoing.warnings_of", lambda *_, **__: 1 / 0)
    assert Agency("mes").check(failure()).warnings == ()


async def test_event_without_an_answer_ends_in_time_and_may_be_retried_with_the_same_id():
    """The idempotent producer of aiokafka never gives up by itself (measured: 18 s with two of three brokers dead)."""
    silent = FakeProducer("never")
    publisher = agency(silent, acknowledge_within_s=0.01)
    with pytest.raises(NotAcknowledgedError, match="a-1") as caught:
        await publisher.publish(failure(), event_id="a-1")
    assert caught.value.id == "a-1"
    assert "may still be delivered" in caught.value.hint
    assert publisher._connection.discarded == [silent], "a producer that owes an answer is not used again"


async def test_broken_producer_is_replaced_and_the_event_sent_again_with_the_same_id():
    """The event is not to blame; the router counts a second copy once."""
    broken, good = FakeProducer(OutOfOrderSequenceNumber()), FakeProducer(7)
    receipt = await agency(broken, good).publish(failure(), event_id="a-1")
    assert receipt.offset == 7
    assert broken.sent == good.sent


async def test_producers_that_keep_failing_are_given_up():
    """Every retry has a bound."""
    publisher = agency(*(FakeProducer(KafkaTimeoutError()) for _ in range(5)))
    with pytest.raises(NotAcknowledgedError):
        await publisher.publish(failure())
    assert len(publisher._connection.discarded) == 3


@pytest.mark.parametrize(
    ("error", "expected"),
    [(TopicAuthorizationFailedError("t"), NotAuthorizedError), (MessageSizeTooLargeError(), TooLargeError)],
)
async def test_refusals_of_the_broker_are_typed(error, expected):
    """A program must be able to tell what is worth a retry."""
    with pytest.raises(expected):
        await agency(FakeProducer(error)).publish(failure())


async def test_one_refused_event_holds_no_other_back():
    """A logger with one bad reading in a thousand must get the rest through."""
    producer = FakeProducer(1, 2)
    outcomes = await agency(producer).publish_many([failure(), failure(body="moh"), (failure(), "c-3")])
    assert [type(outcome) for outcome in outcomes] == [Receipt, RefusedEventError, Receipt]
    assert outcomes[2].id == "c-3"


async def test_pipelined_events_keep_their_order_when_the_producer_breaks():
    """Order within a situation is the bus's promise: a correction must not overtake what it corrects."""
    broken = FakeProducer(KafkaTimeoutError(), KafkaTimeoutError())
    good = FakeProducer(1, 2)
    outcomes = await agency(broken, good).publish_many([(failure(), "a"), (failure(), "b")])
    assert [outcome.id for outcome in outcomes] == ["a", "b"]
    assert [headers["ce_id"] for *_, headers in good.sent] == [b"a", b"b"]


async def test_window_of_pipelined_events_is_bounded():
    """Memory must not grow with the length of what is published."""
    outcomes = await agency(FakeProducer(*range(10))).publish_many([failure()] * 10, in_flight_max=3)
    assert [outcome.offset for outcome in outcomes] == list(range(10))


def test_typed_event_and_its_json_are_the_same_on_the_wire():
    """An agency may move from files to the SDK without a change for anybody."""
    assert json.loads(prepare(failure(), MES).value)["situation"] == "KG-2026-minkush"

"""The table of streams: the one place that says which topics there are, whose they are and who may use them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from tests.builders.golden import ROOT, published_asyncapi
from tests.builders.sources import syntax_of

from cbrn_schemas.notice import notices_topic
from cbrn_schemas.shift import shifts_topic
from cbrn_schemas.silence import silences_topic
from cbrn_schemas.standing_record import standing_topic
from cbrn_schemas.streams import STREAMS, Party, Stream
from cbrn_schemas.topics import (
    Lane,
    Realm,
    bus_topic,
    decisions_topic,
    from_topic,
    misplaced_topic,
    state_topic,
    to_topic,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS = ("schemas", "routing", "producers", "consumers", "deploy")
BODY = "mes"
ADDRESSES = {stream.address for stream in STREAMS}
OWNERS = {"publisher": [BODY], "receiver": [BODY], "home": [BODY], "partner": [BODY]}
NAMES = {name for stream in STREAMS for name in stream.topics(Realm.REAL, OWNERS)}
CALLS = {"from_topic": (2, "from.{{body}}.{}"), "to_topic": (2, "to.{{body}}.{}"), "bus_topic": (1, "bus.{}")}
"""By function: which argument names the stream, and how its address is made of it."""
DOCUMENT = published_asyncapi()
ids = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.address)


def said(source: str) -> Iterator[str]:
    """Addresses of the streams that a source names in a call, as it stands."""
    for node in ast.walk(syntax_of(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
            continue
        position, address = CALLS[node.func.id]
        if position < len(node.args) and isinstance(word := node.args[position], ast.Constant):
            yield address.format(word.value)


def test_every_topic_that_the_code_names_is_a_stream() -> None:
    """A name that the table does not have is a topic that nobody provisions, and a lane stalls at it."""
    found = {
        address
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for address in said(path.read_text(encoding="utf-8"))
    }
    assert {"bus.quarantine", "to.{body}.alerts"} <= found
    assert found <= ADDRESSES


def test_a_misspelt_topic_would_be_found() -> None:
    """The test above must be able to fail."""
    assert set(said('bus_topic(realm, "decision")')) == {"bus.decision"}
    assert "bus.decision" not in ADDRESSES


def test_what_makes_a_name_makes_one_of_the_table() -> None:
    """Names are made where they are needed, and planned from the table: both must be the same."""
    made = {
        *(from_topic(Realm.REAL, BODY, stream) for stream in (*Lane, "receipts", "originals")),
        *(to_topic(Realm.REAL, BODY, stream) for stream in (*(lane.delivery for lane in Lane), "documents", "copies")),
        *(make(Realm.REAL, lane) for make in (state_topic, misplaced_topic) for lane in Lane),
        silences_topic(Realm.REAL, BODY),
        decisions_topic(Realm.REAL, BODY),
        shifts_topic(Realm.REAL, BODY),
        notices_topic(Realm.REAL, BODY),
        standing_topic(Realm.REAL, BODY),
        *(
            bus_topic(Realm.REAL, name)
            for name in (
                *("access", "decisions", "quarantine", "outbound", "duties", "rulebook", "rulebook-status", "keys"),
                *("standing", "state-watch", "misplaced-watch", "releases", "overruled"),
            )
        ),
    }
    assert made == NAMES


@ids
def test_a_stream_has_a_writer_a_reader_and_a_bound(stream: Stream) -> None:
    """What nobody may write is a row too many; what has no largest record can stop whoever reads it."""
    assert stream.writers
    assert stream.readers
    assert int(stream.config["max.message.bytes"]) > 0
    assert ("{body}" in stream.address) == (stream.whose is not None)


@ids
def test_a_body_writes_under_from_and_reads_under_to_and_nowhere_else(stream: Stream) -> None:
    """The name is the access rule: the bus's own topics are for its own processes and officers."""
    theirs = {Party.AGENCY, Party.MINISTRY}
    direction = stream.address.partition(".")[0]
    assert bool(stream.writers & theirs) == (direction == "from")
    assert stream.readers & theirs <= ({Party.MINISTRY} if direction != "bus" else set())


@pytest.mark.parametrize("name", DOCUMENT["operations"])
def test_whoever_does_an_operation_may(name: str) -> None:
    """Access rules will follow from the table, and the document says who does what: one of them would be a lie."""
    operation = DOCUMENT["operations"][name]
    channel = operation["channel"]["$ref"].removeprefix("#/channels/")
    (stream,) = [each for each in STREAMS if each.channel == channel]
    allowed = stream.writers if operation["action"] == "send" else stream.readers
    assert {tag["name"] for tag in operation["tags"]} <= allowed

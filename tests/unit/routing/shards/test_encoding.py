"""The batches that the router builds itself are what any Kafka client reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from cbrn_routing.shards import encoding
from cbrn_routing.shards.encoding import Block, RecordBatch, encode_headers, encode_record
from cbrn_routing.shards.outbox import Outbox
from cbrn_routing.shards.placement import Placement

if TYPE_CHECKING:
    import pytest

# ASCII: a run with names in every script ended in a fatal error once, most likely in the client library's own builder.
NAMES = st.text(st.characters(codec="ascii"), min_size=1, max_size=20)
HEADERS = st.lists(st.tuples(NAMES, st.binary(max_size=300)), max_size=5)
RECORDS = st.lists(
    st.tuples(st.none() | st.binary(max_size=40), st.none() | st.binary(max_size=9000), HEADERS, HEADERS, HEADERS),
    min_size=1,
    max_size=30,
)
TIMESTAMP = 1_795_000_000_123


def read(buffer: bytes) -> list[Any]:
    """What aiokafka's own reader makes of a batch."""
    memory = MemoryRecords(bytes(buffer))
    found = []
    while memory.has_next():
        batch = memory.next_batch()
        assert batch.validate_crc()
        assert batch.is_transactional
        found += [(record.offset, record.timestamp, record.key, record.value, list(record.headers)) for record in batch]
    return found


@given(records=RECORDS)
def test_a_batch_reads_like_one_of_the_client_library(records: Any) -> None:
    """An alert that only our own reader understood would be an alert to nobody."""
    ours, theirs = RecordBatch(TIMESTAMP), BatchBuilder(10_000_000, 0, is_transactional=True)
    for key, value, own, first, second in records:
        ours.add(encode_record(key, value, own), Block.of(first), Block.of(second))
        theirs.append(timestamp=TIMESTAMP, key=key, value=value, headers=own + first + second)
    for batch in (ours, theirs):
        batch._set_producer_state(7, 3, 11)
    assert ours.record_count() == theirs.record_count()
    assert ours.size() >= len(ours._build())
    assert read(ours._build()) == read(theirs._build())


@given(records=RECORDS)
def test_a_batch_is_the_same_bytes_when_it_is_sent_again(records: Any) -> None:
    """A retry under the same sequence must be the same batch, or the broker would not see that it has it."""
    batch = RecordBatch(TIMESTAMP)
    for key, value, own, first, _ in records:
        batch.add(encode_record(key, value, own), Block.of(first))
    batch._set_producer_state(7, 3, 11)
    assert batch._build() == batch._build()


def test_the_batch_header_is_to_the_byte_that_of_the_client_library() -> None:
    """Producer id, epoch and sequence are what exactly-once stands on."""
    ours, theirs = RecordBatch(TIMESTAMP), BatchBuilder(10_000_000, 0, is_transactional=True)
    for number in range(3):
        ours.add(encode_record(b"k", b"v%d" % number, [("a", b"b")]))
        theirs.append(timestamp=TIMESTAMP, key=b"k", value=b"v%d" % number, headers=[("a", b"b")])
    for batch in (ours, theirs):
        batch._set_producer_state(123_456_789_012, 42, 2_000_000)
    assert ours._build() == bytes(theirs._build())


@given(records=RECORDS)
def test_what_an_outbox_sends_is_what_was_added(records: Any) -> None:
    """A record begins alike for all who get the event, but for the number of its headers."""
    outbox, theirs = Outbox(Placement(0, 1), TIMESTAMP), BatchBuilder(10_000_000, 0, is_transactional=True)
    for key, value, own, first, second in records:
        body = encode_record(key, value, own)
        for others in ([], first, [*first, *second]):
            outbox.append("to.mes.alerts", body, Block.of(others))
            theirs.append(timestamp=TIMESTAMP, key=key, value=value, headers=own + others)
    (ours,) = outbox._open.values()
    for batch in (ours, theirs):
        batch._set_producer_state(7, 3, 11)
    assert read(b"".join(ours._build())) == read(theirs._build())


def test_header_names_in_any_script_are_read_back() -> None:
    """Lengths count bytes, not letters."""
    headers = [("өрт", "күчтүү".encode()), ("x" * 200, b"")]
    batch = RecordBatch(TIMESTAMP)
    batch.add(encode_record("калдык".encode(), b"v", headers))
    batch._set_producer_state(7, 3, 11)
    assert read(batch._build())[0][2:] == ("калдык".encode(), b"v", headers)


def test_of_names_from_outside_only_a_few_short_ones_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred and fifty names of a megabyte once stayed in memory for good."""
    remembered: dict[str, bytes] = {}
    monkeypatch.setattr(encoding, "_NAMES", remembered)
    for number in range(2_000):
        encode_headers([(f"{number}-" + "x" * (number % 2 * 1_000), b"")])
    assert len(remembered) == 1_000
    assert max(map(len, remembered)) < 100

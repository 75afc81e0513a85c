"""A header name that is no UTF-8 costs its own name, and nobody else anything."""

from typing import Any, Self

import pytest
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.golden import ROOT

from cbrn_routing.bus.header_names import LenientRecords, with_readable_names
from cbrn_routing.shards.encoding import RecordBatch, encode_record

TIMESTAMP = 1_795_000_000_123


class Raw(str):
    """A header name that is encoded as these bytes, whatever they are."""

    __slots__ = ("raw",)

    def __new__(cls, raw: bytes) -> Self:
        made = super().__new__(cls, f"raw name {raw.hex()}")  # no name that anybody else has encoded
        made.raw = raw
        return made

    def encode(self, *_: Any) -> bytes:
        return self.raw


def batch(records: list[tuple[bytes | None, bytes | None, list[tuple[bytes, bytes]]]]) -> bytes:
    built = RecordBatch(TIMESTAMP)
    for key, value, headers in records:
        built.add(encode_record(key, value, [(Raw(name), content) for name, content in headers]))
    return bytes(built._build())


def read(records: Any) -> list[tuple[int, Any, Any, list[Any]]]:
    found = []
    while records.has_next():
        one = records.next_batch()
        assert one.validate_crc()
        found += [(record.offset, record.key, record.value, list(record.headers)) for record in one]
    return found


def test_the_library_alone_stumbles() -> None:
    """Otherwise this module could go."""
    with pytest.raises(UnicodeDecodeError):
        read(MemoryRecords(batch([(b"k", b"v", [(b"\xff\xfe", b"1")])])))


def test_what_comes_before_and_behind_is_read() -> None:
    """One agency's odd record must not hold up an alert of another, nor lose one, nor show one twice."""
    good = (b"k", b"v", [(b"ce_id", b"1")])
    odd = (b"k", b"\xff", [(b"ce_id", b"2"), (b"n\xffme", b"\xff\xfe"), ("ө".encode(), b"3")])
    found = read(LenientRecords(batch([good, odd, good]) + batch([good])))
    assert [offset for offset, *_ in found] == [0, 1, 2, 0]
    assert found[1] == (1, b"k", b"\xff", [("ce_id", b"2"), ("n?me", b"\xff\xfe"), ("ө", b"3")])


PAIRS = st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=200)), max_size=4)
RECORDS = st.lists(
    st.tuples(st.none() | st.binary(max_size=20), st.none() | st.binary(max_size=300), PAIRS), min_size=1, max_size=12
)


@given(RECORDS)
def test_only_names_that_cannot_be_read_are_changed(records: Any) -> None:
    """Keys, values and header contents are the agencies' own bytes, whatever they are."""

    def shown(name: bytes) -> str:
        try:
            return name.decode()
        except UnicodeDecodeError:
            return "".join(chr(byte) if byte < 128 else "?" for byte in name)

    wanted = [
        (offset, key, value, [(shown(name), content) for name, content in headers])
        for offset, (key, value, headers) in enumerate(records)
    ]
    assert read(LenientRecords(batch(records))) == wanted
    assert len(with_readable_names(batch(records))) == len(batch(records))


NEED_NOT = {"membership.py", "stored.py", "answering.py", "mending.py"}
"""A worker forgives once, as it is made; the demo's commits where groups begin, and reads nothing."""


def test_whoever_makes_a_consumer_forgives_first() -> None:
    """Else one hostile header name ends a command, or a feed, for everybody."""
    makers = [
        path
        for room in ("routing", "producers", "consumers", "deploy")
        for path in (ROOT / room).rglob("*.py")
        if "AIOKafkaConsumer(" in (text := path.read_text(encoding="utf-8")) or "KafkaBroker(" in text
    ]
    assert len(makers) > len(NEED_NOT)
    silent = [path.name for path in makers if "forgive_header_names()" not in path.read_text(encoding="utf-8")]
    assert set(silent) == NEED_NOT

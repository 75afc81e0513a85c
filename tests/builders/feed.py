"""A feed without a broker, and the records that it is given."""

import json
from datetime import UTC, datetime

from aiokafka import ConsumerRecord, TopicPartition
from tests.builders.golden import MIN_KUSH

from cbrn_schemas.envelope import binary_headers

EVENT = json.dumps(MIN_KUSH | {"severity": "Severe"}, ensure_ascii=False).encode()
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
    """FastStream's message of a batch, and its consumer, as far as the feed uses them."""

    def __init__(self, *raw, commit_error=None, seek_error=None):
        self.raw_message = raw
        self.consumer = self
        self.offsets = []
        """What Kafka was told of, one after the other."""
        self.positions = {}
        self.commit_error = commit_error
        self.seek_error = seek_error
        self.places = {TopicPartition(each.topic, each.partition) for each in raw}

    @property
    def acknowledged(self):
        return len(self.offsets)

    @property
    def given_back(self):
        return len(self.positions)

    def assignment(self):
        return self.places

    async def commit(self, offsets):
        if self.commit_error is not None:
            raise self.commit_error
        self.offsets.append(offsets)

    def seek(self, place, offset):
        if self.seek_error is not None:
            raise self.seek_error
        self.positions[place] = offset


class Pauses:
    def __init__(self):
        self.seconds = []

    async def __call__(self, seconds):
        self.seconds.append(seconds)

"""Of whom nothing has come for longer than the office expects, by the broker's clock; and whose time is ahead of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from cbrn_consumers.watch.policy_file import PublisherRule
from cbrn_consumers.watch.pulse import missed
from cbrn_schemas.topics import Lane

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
RULE = PublisherRule(body="mes-hydromet", lane=Lane.MONITORING, every="2h")


def last(minutes_ago, says=None):
    """The last record, and the time that it claims."""
    stamp = int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000)
    return SimpleNamespace(timestamp=stamp, headers=[] if says is None else [("ce_time", says)])


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (last(119), None),
        (last(120), None),
        (last(121), "publisher/mes-hydromet/monitoring"),
        (last(121, b"2026-11-27T02:59:00Z"), "publisher/mes-hydromet/monitoring"),
        (None, "publisher/mes-hydromet/monitoring"),
        (last(0, b"2026-11-27T03:04:00Z"), None),
        (last(0, b"2026-11-27T03:06:00Z"), "time/mes-hydromet"),
        (last(0, b"2026-11-27T09:04:00+06:00"), None),
        (last(0, b"2025-01-01T00:00:00Z"), None),
        (last(0, b"2099-01-01T00:00:00"), None),
        (last(0, b"\xff soon"), None),
        (last(0, None), None),
    ],
)
def test_a_publisher_is_missed_by_when_the_broker_had_its_last_record(record, name):
    """What was measured long ago may be sent late; what cannot be read is the router's to say."""
    said = missed(RULE, record, NOW)
    assert (None if said is None else said[0]) == name
    if said is not None:
        assert said[1].body == "mes-hydromet"
        assert said[1].part == {"publisher": "publisher", "time": "clock"}[name.partition("/")[0]]

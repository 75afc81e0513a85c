"""The independent check: after the play, every topic that bodies read is read once more, and each alert is counted.

It shares nothing with the watcher that fills the screen: its own `read_committed` consumer, from where the topics ended
before the play to where they end after it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition

from cbrn_deploy.cli.demo.watch import Positions, ends, identity
from cbrn_producers.simulator import Alerted
from cbrn_routing.bus.read import assigned, catch_up
from cbrn_schemas.records import PARTNER, ROLE
from cbrn_schemas.topics import bus_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.settings import Settings

READ_WITHIN_S: Final = 30.0
OUTBOUND: Final = "outbound"
"""In place of a stream: copies for partners, which wait for release."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the topics: how often each alert, and in which roles."""

    counts: Counter[Alerted]
    roles: Mapping[Alerted, set[str]]


@dataclass(frozen=True, slots=True)
class Findings:
    """How what was found differs from what was expected."""

    expected: int
    missing: tuple[Alerted, ...] = ()
    extra: tuple[Alerted, ...] = ()
    double: tuple[Alerted, ...] = ()
    wrong_role: tuple[Alerted, ...] = ()
    wrong_reason: tuple[str, ...] = ()
    """Steps whose record was not set aside for the reason and at the field that their scenario names."""
    not_happened: tuple[str, ...] = ()
    """What a case of answers waited for in vain: a receipt, an alarm of the watch, an SMS."""

    @property
    def clean(self) -> bool:
        """Every expected alert exactly once, in its role, and no other; and every answer that was waited for."""
        wrong = (self.missing, self.extra, self.double, self.wrong_role, self.wrong_reason, self.not_happened)
        return not any(wrong)


def compare(
    expected: Mapping[Alerted, str],
    found: Found,
    wrong_reason: tuple[str, ...] = (),
    not_happened: tuple[str, ...] = (),
) -> Findings:
    """Return the findings. Pure."""
    return Findings(
        expected=len(expected),
        missing=tuple(sorted(alert for alert in expected if not found.counts[alert])),
        extra=tuple(sorted(alert for alert in found.counts if alert not in expected)),
        double=tuple(sorted(alert for alert, count in found.counts.items() if count > 1)),
        wrong_role=tuple(sorted(alert for alert, role in expected.items() if found.roles.get(alert, {role}) != {role})),
        wrong_reason=wrong_reason,
        not_happened=not_happened,
    )


async def find(settings: Settings, start: Positions) -> Found:
    """Read everything between `start` and now.

    Raises:
        TimeoutError: the broker did not let it be read within `READ_WITHIN_S`.
    """
    outbound = bus_topic(settings.realm, "outbound")
    now = await ends(settings, "to", "bus")
    stop = {
        partition: end
        for partition, end in now.items()
        if end > start.get(partition, 0) and (".to." in partition.topic or partition.topic == outbound)
    }
    counts: Counter[Alerted] = Counter()
    roles: dict[Alerted, set[str]] = defaultdict(set)
    if not stop:
        return Found(counts, roles)
    starts = {one: start.get(one, 0) for one in stop}
    async with (
        asyncio.timeout(READ_WITHIN_S),
        assigned(settings, starts=starts) as (consumer, partitions),
        aclosing(catch_up(consumer, partitions, settings, stop)) as batches,
    ):
        async for records in batches:
            for record in records:
                at = TopicPartition(record.topic, record.partition)
                if record.offset < stop[at]:
                    alert, role = _alerted(at, record)
                    counts[alert] += 1
                    roles[alert].add(role)
    return Found(counts, roles)


def _alerted(partition: TopicPartition, record: Any) -> tuple[Alerted, str]:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
    parts = partition.topic.split(".")
    body, stream = (headers.get(PARTNER, ""), OUTBOUND) if parts[1] == "bus" else (parts[2], parts[3])
    return Alerted(body, stream, *identity(record)), headers.get(ROLE, "")

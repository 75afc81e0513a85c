"""The dead-man's switch: what waits on the bus and is not taken, what should come and does not, who cannot be told.

A lane is silent where its routers commit nothing while input waits; a feed where a body's program had taken alerts off
the bus and does so no more. A body that never had a program reads by hand, and is missed by its answers. A publisher is
silent where it has sent nothing for longer than the policies' file expects. It only reads.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from cbrn_consumers.standing.delivered import committed_by
from cbrn_consumers.watch.manned import Manned
from cbrn_routing.bus.clock import OFF_MAX, utc_now
from cbrn_routing.bus.read import assigned, catch_up, read_all, there, written
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.rulebook.language import seconds
from cbrn_schemas.catalogue.bodies import publishers
from cbrn_schemas.errors import BusError
from cbrn_schemas.records import record_time
from cbrn_schemas.topics import Lane, from_topic, router_group, to_topic

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from cbrn_consumers.watch.policy_file import PublisherRule
    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.unanswered import SilentPart

LOOK_EVERY_S: Final = 10.0
LANE_WAITS: Final = timedelta(seconds=60)
"""A router takes 10 s to be replaced; what waits longer nobody routes."""
FEED_WAITS: Final = timedelta(minutes=10)
"""A program that is being restarted is not missed."""
PUBLISHERS_AGAIN: Final = timedelta(seconds=60)
TAIL: Final = 20
"""Records of a publisher's partition that are looked at: the last may be marks of transactions."""
WITHIN_S: Final = 30.0

log = structlog.get_logger(__name__)

Committed = dict[TopicPartition, int]


class Quiet(NamedTuple):
    """A part of the bus that is silent."""

    part: SilentPart
    name: str
    since: datetime
    """When the oldest record that waits came."""
    waiting: int
    """Records that were met, of those that wait."""
    body: str | None = None
    """Whose it is, if that body hears of it."""


class Pulse:
    """A look at what waits, again and again; `quiet` is what it last saw, by `<part>/<name>`.

    It is None before anything was seen: what was not looked at must not be taken for heard again.
    """

    def __init__(
        self,
        settings: Settings,
        bodies: Collection[str],
        clock: Callable[[], datetime] = utc_now,
        expected: Callable[[], Collection[PublisherRule]] = tuple,
    ) -> None:
        self.quiet: Mapping[str, Quiet] | None = None
        self._settings = settings
        self._bodies = bodies
        self._clock = clock
        self._before: Mapping[str, Committed] = {}
        self._manned = Manned(settings, bodies)
        self._expected = expected
        self._missed: Mapping[str, Quiet] = {}
        self._missed_at: datetime | None = None

    async def run(self, every_s: float = LOOK_EVERY_S) -> None:
        """Look until cancelled. A look that fails changes nothing: a broker that is away is everybody's trouble.

        Whatever fails: who misses others must not fall silent by itself.
        """
        while True:
            try:
                async with asyncio.timeout(WITHIN_S):
                    await self.look()
            except (BusError, KafkaError, OSError, TimeoutError) as error:
                log.warning("what waits on the bus could not be seen", why=f"{type(error).__name__}: {error}")
            except Exception:
                log.exception("what waits on the bus could not be seen; report this fault")
            await asyncio.sleep(every_s)

    async def look(self) -> None:
        """Look once at what waits."""
        committed = {f"lane/{lane}": await self._lane(lane) for lane in Lane} | await self._feeds()
        found: dict[str, Quiet] = {}
        for key, taken in committed.items():
            if taken and taken == self._before.get(key):  # else it moves, and will come to what waits
                quiet = await self._waiting(key, taken)
                if quiet is not None:
                    found[key] = quiet
        for each in await self._manned.look(self._clock()):
            found[f"shift/{each.key}"] = Quiet("shift", each.name, each.since, 0, each.body)
        now = self._clock()
        if self._missed_at is None or abs(now - self._missed_at) >= PUBLISHERS_AGAIN:
            self._missed, self._missed_at = await self._publishers(now), now
        found |= self._missed
        if self._before:  # of what stood still only a second look can tell
            self.quiet = found
        self._before = committed

    async def _lane(self, lane: Lane) -> Committed:
        realm = self._settings.realm
        names = [from_topic(realm, body, lane.value) for body in publishers(local_day(self._clock()), ahead=True)]
        known = [one for partitions in (await there(self._settings, names)).values() for one in partitions]
        admin = AIOKafkaAdminClient(**self._settings.connection())
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(router_group(realm, lane))
        finally:
            await admin.close()
        return {one: max(offsets[one].offset, 0) if one in offsets else 0 for one in known}

    async def _feeds(self) -> dict[str, Committed]:
        topics = {to_topic(self._settings.realm, body, "alerts"): body for body in self._bodies}
        known: Mapping[str, Sequence[TopicPartition]] = await there(self._settings, list(topics))
        found: dict[str, Committed] = {}
        for (topic, number), offset in (await committed_by(self._settings, topics, known)).items():
            found.setdefault(f"feed/{topics[topic]}", {})[TopicPartition(topic, number)] = max(offset, 0)
        return found

    async def _waiting(self, key: str, taken: Committed) -> Quiet | None:
        """Read what comes behind, until one record has waited too long or there is no more.

        Ends lie, since the marks of transactions have offsets, too; and that nothing came in time says nothing: taken
        for heard, it was an alarm again as soon as the broker was quick again.
        """
        part: SilentPart = "lane" if key.startswith("lane/") else "feed"
        limit, met = self._clock() - (LANE_WAITS if part == "lane" else FEED_WAITS), 0
        async with (
            assigned(self._settings, starts=taken) as (consumer, partitions),
            aclosing(catch_up(consumer, partitions, self._settings)) as batches,
        ):
            async for records in batches:
                met += len(records)
                waits = [record_time(record.timestamp) for record in records]
                if waits and (oldest := min(waits)) <= limit:
                    return Quiet(part, key.partition("/")[2], oldest, met)
        return None

    async def _publishers(self, now: datetime) -> dict[str, Quiet]:
        """Look at what came last, and when, by the broker's clock: what a publisher says of its time proves nothing."""
        realm = self._settings.realm
        rules = {from_topic(realm, each.body, each.lane.value): each for each in self._expected()}
        known = await there(self._settings, list(rules)) if rules else {}
        partitions = [one for several in known.values() for one in several]
        latest: dict[str, Bytes] = {}
        if partitions:
            starts = {one: end - TAIL for one, end in (await written(self._settings, partitions)).items()}
            for record in await read_all(self._settings, starts=starts):
                latest[record.topic] = max(latest.get(record.topic, record), record, key=lambda one: one.timestamp)
        return dict(said for topic, rule in rules.items() if (said := missed(rule, latest.get(topic), now)) is not None)


def missed(rule: PublisherRule, last: Bytes | None, now: datetime) -> tuple[str, Quiet] | None:
    """Say under which name a publisher is missed, or its clock, by the last record that it sent; None: all is well."""
    limit = now - timedelta(seconds=seconds(rule.every))
    came = None if last is None else record_time(last.timestamp)
    if last is None or came is None or came < limit:
        name = f"{rule.body}/{rule.lane}"
        return f"publisher/{name}", Quiet("publisher", name, came or limit, 0, rule.body)
    return (f"time/{rule.body}", Quiet("clock", rule.body, came, 0, rule.body)) if is_ahead(last) else None


def is_ahead(record: Bytes) -> bool:
    """Tell whether a record names a time that the broker, when it took it, had still before it."""
    said = dict(record.headers).get("ce_time", b"").decode("ascii", "replace")
    try:
        return datetime.fromisoformat(said) - record_time(record.timestamp) > OFF_MAX
    except (ValueError, TypeError):  # no time, or one without a zone: the router says so where it matters
        return False

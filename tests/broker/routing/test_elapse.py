"""A member's time on a real broker: it comes though nothing is read, once, and after what was written in time."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec

from cbrn_routing.bus.read import read_all
from cbrn_routing.shards import MemberOptions
from cbrn_schemas.topics import bus_topic

from .test_member import WITHIN_S, Counting, Counts, publish, told, working

BEGAN = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self):
        self.now = BEGAN

    def __call__(self):
        return self.now


class Waited(Counts):
    """Counts, and since when the second record of a key is waited for."""

    def __init__(self):
        super().__init__()
        self.waiting = {}

    @property
    def due(self):
        return min(self.waiting.values(), default=None)

    def restore(self, records):
        unread = super().restore([one for one in records if one[0] == b"counts"])
        for key, value in records:
            if key == b"waiting":
                self.waiting = msgspec.json.decode(value, type=dict[str, datetime])
        return unread

    def record(self):
        return [*super().record(), (b"waiting", msgspec.json.encode(self.waiting))]


class Waiting(Counting):
    """Expects a second record of each key within a minute, and says where none came."""

    def __init__(self, settings, clock):
        super().__init__(settings)
        self.options = MemberOptions(settings, session_timeout_ms=6000, clock=clock)

    def new_state(self):
        return Waited()

    def handle(self, records, state, outbox, now, *rest):
        before = dict(state.met)
        super().handle(records, state, outbox, *rest)
        for key, met in state.met.items():
            if met == 2:
                state.waiting.pop(key, None)
            elif key not in before:
                state.waiting[key] = now + timedelta(minutes=1)

    def elapse(self, state, outbox, now):
        for key in [key for key, due in state.waiting.items() if due <= now]:
            del state.waiting[key]
            outbox.append(self.told, outbox.encode(key.encode(), b"0", []))


async def missed(settings):
    found = await read_all(settings, bus_topic(settings.realm, "decisions"))
    return sorted(record.key.decode() for record in found if record.value == b"0")


async def test_a_time_comes_though_nothing_is_read_and_once(realm_of):
    """Whoever waits for an answer must not need other traffic to notice that none came."""
    settings, clock = await realm_of("mes"), Clock()
    async with working(Waiting(settings, clock)):
        await publish(settings, ["a", "b", "c", "d"])
        await told(settings, 4)
        await asyncio.sleep(1)
        assert await missed(settings) == [], "nothing before its time"
        clock.now += timedelta(minutes=2)
        async with asyncio.timeout(WITHIN_S):
            while len(await missed(settings)) < 4:  # noqa: ASYNC110 - Kafka is asked
                await asyncio.sleep(0.05)
    async with working(Waiting(settings, clock)):
        await publish(settings, ["e"])
        await told(settings, 9)
    assert await missed(settings) == ["a", "b", "c", "d"]


async def test_what_was_written_in_time_is_handled_before_the_time(realm_of):
    """After an outage an answer may lie in the log, and its deadline in the past: nobody may be alarmed."""
    settings, clock = await realm_of("mes"), Clock()
    keys = [f"k-{number}" for number in range(400)]
    async with working(Waiting(settings, clock)):
        await publish(settings, [*keys, "forgotten"])
        await told(settings, 401)
    await publish(settings, keys)
    clock.now += timedelta(minutes=2)
    async with working(Waiting(settings, clock)):
        await told(settings, 802)
    assert await missed(settings) == ["forgotten"]

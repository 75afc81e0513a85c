"""One pool a kind of channel: what hangs delays nobody, nothing is dropped without a word."""

import asyncio
import time

import pytest
from tests.builders.notify import notice

from cbrn_consumers.notify.channel import SENT, passing, refused
from cbrn_consumers.notify.pool import NO_ROOM, Pool


class Told:
    """What the pool said of each attempt."""

    def __init__(self):
        self.said = []
        self.more = asyncio.Condition()

    async def __call__(self, one, outcome, attempt, *, last):
        async with self.more:
            self.said.append((one.id, outcome, attempt, last))
            self.more.notify_all()

    async def of(self, identifier, *, last=True):
        async with asyncio.timeout(10), self.more:
            await self.more.wait_for(lambda: any(name == identifier and end >= last for name, _, _, end in self.said))
        return [said for said in self.said if said[0] == identifier]


class Scripted:
    """A channel that does with each address what it is told; remembers in which order it was asked."""

    def __init__(self, **scripts):
        self.scripts = scripts
        self.asked = []

    async def send(self, one, address):
        self.asked.append((address, one.id))
        step = self.scripts.get(address, SENT)
        if isinstance(step, list):
            step = step.pop(0)
        if step == "hang":
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step
        return step

    async def close(self):
        pass


@pytest.fixture
async def pool_of():
    made = []

    def make(channel, **options):
        told = Told()
        made.append(Pool(channel, told, **options))
        return made[-1], told

    yield make
    for pool in made:
        await pool.close()


async def test_forty_hanging_addresses_delay_a_good_one_by_less_than_a_second(pool_of):
    """The shared threads of apprise delayed it by 26.8 s."""
    pool, told = pool_of(Scripted(**{f"dead-{number}": "hang" for number in range(40)}))
    for number in range(40):
        await pool.put(notice(f"dead-{number}"), f"dead-{number}")
    began = time.monotonic()
    await pool.put(notice("good"), "good")
    await told.of("mes.good")
    assert time.monotonic() - began < 1


async def test_once_they_are_known_to_be_dead_however_many_leave_half_of_the_workers(pool_of):
    """A hundred dead addresses, four workers: after the first deadlines a good one finds a worker at once."""
    dead = {f"dead-{number}": "hang" for number in range(100)}
    pool, told = pool_of(Scripted(**dead), workers=4, deadline_s=0.1, pauses_s=(0.001,) * 1000)
    for address in dead:
        await pool.put(notice(address), address)
    await told.of("mes.dead-99", last=False)
    began = time.monotonic()
    await pool.put(notice("good"), "good")
    await told.of("mes.good")
    assert time.monotonic() - began < 1


async def test_it_is_tried_again_under_the_same_id_until_it_is_sent(pool_of):
    channel = Scripted(a=[passing("HTTP 503"), ConnectionResetError("+996555123456"), SENT])
    pool, told = pool_of(channel, pauses_s=(0.0, 0.0, 0.0))
    await pool.put(notice("1"), "a")
    said = await told.of("mes.1")
    assert [(attempt, last) for _, _, attempt, last in said] == [(1, False), (2, False), (3, True)]
    assert [outcome.why for _, outcome, _, _ in said] == ["HTTP 503", "failed: ConnectionResetError", None]
    assert {name for _, name in channel.asked} == {"mes.1"}


async def test_what_will_never_work_is_given_up_at_once_and_what_may_after_its_pauses(pool_of):
    pool, told = pool_of(Scripted(a=refused("HTTP 404"), b=passing("HTTP 503")), pauses_s=(0.0, 0.0))
    await pool.put(notice("1"), "a")
    await pool.put(notice("2"), "b")
    assert [attempt for _, _, attempt, _ in await told.of("mes.1")] == [1]
    assert [attempt for _, _, attempt, _ in await told.of("mes.2")] == [1, 2, 3]


async def test_pauses_grow_with_the_failures_of_an_address(pool_of):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    pool, told = pool_of(Scripted(a=passing("x")), pauses_s=(2.0, 5.0, 15.0), sleep=sleep)
    await pool.put(notice("1"), "a")
    await told.of("mes.1")
    assert slept == [2.0, 5.0, 15.0]


async def test_an_extreme_notice_goes_before_what_waits(pool_of):
    release = asyncio.Event()

    class Slow(Scripted):
        async def send(self, one, _address):
            if not self.asked:
                self.asked.append(one.id)
                await release.wait()
                return SENT
            self.asked.append(one.id)
            return SENT

    channel = Slow()
    pool, told = pool_of(channel)
    for number in range(3):
        await pool.put(notice(str(number)), "a")
    await asyncio.sleep(0)
    await pool.put(notice("grave", severity="Extreme"), "a")
    release.set()
    await told.of("mes.2")
    assert channel.asked == ["mes.0", "mes.grave", "mes.1", "mes.2"]


async def test_what_finds_no_room_is_given_up_and_said(pool_of):
    pool, told = pool_of(Scripted(a="hang"), waiting_max=2)
    for number in range(3):
        await pool.put(notice(str(number)), "a")
    ((_, outcome, attempt, last),) = await told.of("mes.2")
    assert (outcome.why, attempt, last) == (NO_ROOM, 0, True)


async def test_an_address_that_is_done_with_leaves_nothing_behind(pool_of):
    pool, told = pool_of(Scripted())
    for number in range(50):
        await pool.put(notice(str(number)), f"a-{number}")
    await told.of("mes.49")
    await asyncio.sleep(0.01)
    assert (pool.waiting, pool._addresses) == (0, {})

"""A handler's call is begun by hand, and must then be to its handler, and to asyncio, as any awaited one."""

import asyncio

import pytest

from cbrn_consumers.begun import Begun


async def test_what_never_waits_is_done_with_its_beginning():
    """Then no timer is needed."""
    done = []

    async def call():
        done.append(1)

    assert not Begun(call()).waits
    assert done == [1]


async def test_an_error_before_the_first_wait_comes_at_once():
    """As from a call that is awaited."""

    async def call():
        raise KeyError("early")

    with pytest.raises(KeyError):
        Begun(call())


async def test_what_waits_often_goes_on_after_each_wait():
    """The first wait is the one that is handed over by hand."""
    seen = []

    async def call():
        for number in range(3):
            seen.append(await asyncio.sleep(0.001, number))
            seen.append(await asyncio.sleep(0, -number))

    begun = Begun(call())
    assert begun.waits
    await begun
    assert seen == [0, 0, 1, -1, 2, -2]


async def test_it_runs_in_the_task_and_under_the_bounds_of_whoever_awaits_it():
    """A handler may set a timer of its own, also before it first waits."""
    tasks = []

    async def call():
        tasks.append(asyncio.current_task())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        tasks.append(asyncio.current_task())

    await Begun(call())
    assert tasks == [asyncio.current_task()] * 2


async def test_a_cancellation_reaches_the_call_where_it_waits():
    """Or it would hold what it holds for ever."""
    ended = []

    async def call():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("told")
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await Begun(call())
    assert ended == ["told"]


async def test_a_call_that_outlives_its_cancellation_is_waited_for():
    """It may have something to put in order."""
    order = []

    async def call():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            order.append("in order")
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await Begun(call())
    assert order == ["in order"]


def test_a_task_that_is_forgotten_closes_the_call():
    """As Python does with any coroutine whose loop has gone."""
    closed = []

    async def call():
        try:
            await asyncio.sleep(0)
        finally:
            closed.append(1)

    async def outer():
        await Begun(call())

    waiting = outer()
    waiting.send(None)
    waiting.close()
    assert closed == [1]


async def test_anything_that_can_be_awaited_is_begun():
    """A handler need not be a coroutine function: it may return a future."""
    future = asyncio.get_running_loop().create_future()
    begun = Begun(future)
    assert begun.waits
    asyncio.get_running_loop().call_soon(future.set_result, None)
    await begun
    assert not Begun(future).waits

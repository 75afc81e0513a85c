"""Work beside the event loop that no end of a program waits for."""

import asyncio
import subprocess
import sys
import threading

import pytest

from cbrn_routing.bus.aside import aside

PROGRAM = """
import asyncio, threading
from cbrn_routing.bus.aside import aside

async def main():
    begun = threading.Event()

    def hang():
        begun.set()
        threading.Event().wait()

    waiting = asyncio.create_task(aside(hang))
    while not begun.is_set():
        await asyncio.sleep(0)
    waiting.cancel()

asyncio.run(main())
"""


async def test_it_gives_what_the_function_gives_and_raises_what_it_raises():
    assert await aside(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await aside(divmod, 7, 0)
    assert await aside(threading.current_thread) is not threading.main_thread()


async def test_who_is_cancelled_does_not_wait_for_it():
    """A watch that ends may be in the middle of a look."""
    released = threading.Event()
    waiting = asyncio.create_task(aside(released.wait))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    released.set()


def test_a_program_ends_though_it_hangs():
    """A router whose broker said nothing did not end for as long as it was looked at: its parent killed it then."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)

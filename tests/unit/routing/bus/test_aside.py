"""Work beside the event loop that no end of a program waits for."""

import asyncio
import socket
import subprocess
import sys
import threading

import pytest

from cbrn_routing.bus.aside import aside, kept

PROGRAM = """
import asyncio, threading
from cbrn_routing.bus.aside import aside, kept

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


async def test_a_connection_ends_with_whoever_waited_for_it():
    """A router that was stopped while it looked at its broker crashed: the thread was inside OpenSSL."""
    told, ended = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def look():
            with kept(socket.create_connection(silent.getsockname())) as connection:
                told.set()
                assert connection.recv(1) == b""
            ended.set()

        waiting = asyncio.create_task(aside(look))
        assert await asyncio.to_thread(told.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.wait(10)


async def test_nothing_is_opened_for_somebody_who_has_left():
    """Between two looks it may be told to end: the next one would be inside OpenSSL when the program does."""
    left, refused = threading.Event(), threading.Event()
    begun = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def look():
            begun.set()
            left.wait(10)
            try:
                kept(socket.create_connection(silent.getsockname()))
            except ConnectionAbortedError:
                refused.set()

        waiting = asyncio.create_task(aside(look))
        assert await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        left.set()
        assert refused.wait(10)


def test_a_program_ends_though_it_hangs():
    """A router whose broker said nothing did not end for as long as it was looked at: its parent killed it then."""
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)

"""A process of the bus hears its end, from whomever it comes, and tells its parent once that it works."""

import asyncio
import os
import signal
import sys

import pytest
from structlog.testing import capture_logs

from cbrn_deploy.processes.living import LIFELINE_VARIABLE, READY_FD_VARIABLE, live
from cbrn_routing.bus.pauses import Pauses
from cbrn_schemas.credentials import Credentials, write_credentials
from cbrn_schemas.settings import Settings


class Work:
    """Runs until it is stopped; ready at once, or never."""

    def __init__(self, *, ready=True):
        self.ready = asyncio.Event()
        self.asked = asyncio.Event()
        self.cancelled = False
        if ready:
            self.ready.set()

    async def run(self):
        try:
            await self.asked.wait() if self.ready.is_set() else await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise

    def stop(self):
        self.asked.set()


async def lived(work, **options):
    await asyncio.wait_for(live(work, "work", lambda: {"done": 1}, Settings(), **options), 5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_order(number):
    work = Work()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), number)
    await lived(work)
    assert not work.cancelled


async def test_the_end_of_its_parent_ends_it(monkeypatch):
    """A parent that was killed can ask for nothing."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setenv(LIFELINE_VARIABLE, "1")
        asyncio.get_running_loop().call_later(0.05, os.close, writing)
        await lived(Work())


async def test_its_parent_is_told_once_that_it_works(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setenv(READY_FD_VARIABLE, str(writing))
    work = Work()
    asyncio.get_running_loop().call_later(0.1, work.stop)
    await lived(work)
    with os.fdopen(reading) as ready:
        assert ready.read() == "ready\n"


async def test_what_is_not_ready_yet_is_not_waited_for():
    """It waits for a broker, for as long as that may take, and has written nothing."""
    work = Work(ready=False)
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
    await lived(work, cancel_unready=True)
    assert work.cancelled


def test_pauses_grow_to_the_last_and_begin_again_after_a_steady_time():
    pauses = Pauses((1.0, 2.0, 5.0), steady_s=60)
    assert [pauses.after(ran_s) for ran_s in (0, 1, 59, 3, 60, 0)] == [1.0, 2.0, 5.0, 5.0, 1.0, 2.0]
    assert pauses.attempts == 2


async def test_a_process_that_comes_as_who_gives_rights_says_so(tmp_path):
    """Beside `cbrn up` a command finds the credentials of who may do everything: no process needs as much."""
    for name, expected in (("admin", True), ("mes.desk", False)):
        write_credentials(tmp_path / f"{name}.cbrn", Credentials({"CBRN_BOOTSTRAP_SERVERS": "127.0.0.1:1"}))
        work = Work()
        work.stop()
        settings = Settings(credentials=tmp_path / f"{name}.cbrn")
        with capture_logs() as lines:
            await asyncio.wait_for(live(work, "work", dict, settings), 5)
        assert any("who may do everything" in line["event"] for line in lines) is expected

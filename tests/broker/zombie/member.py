"""The driver's side of one router process: started, frozen, thawed, trapped, killed, restarted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

START_DEADLINE_S: Final = 90.0
"""Imports, joining, fencing and restoring, on a busy machine, while other members are frozen."""
STOP_DEADLINE_S: Final = 45.0
"""A stop is asked to take 10 s; a machine under load gets more before the test calls it hung."""
WORKER: Final = Path(__file__).with_name("worker.py")


class MemberError(Exception):
    """A router process did what no fault explains: it ended by itself, or did not come up or stop."""


@dataclass(frozen=True, slots=True)
class MemberOptions:
    """What each worker is told; see `worker.py`."""

    credentials: str
    """File by which the worker is let in."""
    realm: str
    topics: list[str]
    session_timeout_ms: int
    transaction_timeout_ms: int | None = None
    instance: str | None = None
    fencing: bool = True
    shards: list[int] | None = None
    """For a worker without a group: what it owns."""


class Member:
    """One place in the group; the process in it changes with every restart."""

    def __init__(self, name: str, options: Any, log_file: Path, program: Path = WORKER) -> None:
        """`options` is a dataclass whose fields `program` understands; see `MemberOptions`, and `worker.py`."""
        self._program = program
        self.name = name
        self.options = options
        self.log_file = log_file
        self.starts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._trapped: asyncio.Future[str] | None = None
        self._expected_end = False

    @property
    def running(self) -> bool:
        """Whether the process lives (frozen counts)."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start the process; `wait_ready` says when it routes."""
        assert not self.running, f"{self.name} runs already"
        self._ready = asyncio.Event()
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(self._program),
                json.dumps(asdict(self.options)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        # Not before the new process stands in the old one's place: another hand may look at this moment.
        self._expected_end = False
        self.starts += 1
        self._reading = asyncio.create_task(self._read(self._process), name=f"read {self.name}")

    async def wait_ready(self) -> None:
        """Wait until this start has shards that run.

        Raises:
            MemberError: it ended or did not get there in time.
        """
        waiting = asyncio.create_task(self._ready.wait())
        assert self._reading is not None
        await asyncio.wait({waiting, self._reading}, timeout=START_DEADLINE_S, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise MemberError(f"{self.name} did not become ready:\n{self.log_tail()}")

    async def trap(self, point: str, number: signal.Signals, within_s: float) -> bool:
        """Have the process send itself a signal at a point of its next transaction. False: it came to none in time."""
        assert self._trapped is None, "one trap at a time"
        self._trapped = asyncio.get_running_loop().create_future()
        if number is signal.SIGKILL:
            self._expected_end = True
        try:
            self._tell(f"trap {point} {int(number)}")
            await asyncio.wait({self._trapped}, timeout=within_s)
            if not self._trapped.done():
                self._tell("disarm")
            return self._trapped.done()
        finally:
            self._trapped = None

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP, SIGCONT, SIGKILL or SIGTERM."""
        assert self._process is not None
        if number in {signal.SIGKILL, signal.SIGTERM}:
            self._expected_end = True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        self.send(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> None:
        """SIGTERM, and wait for the end.

        Raises:
            MemberError: it hangs.
        """
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_DEADLINE_S):
                await self.ended()
        except TimeoutError:
            raise MemberError(f"{self.name} does not stop:\n{self.log_tail()}") from None

    async def ended(self) -> None:
        """Wait until the process is gone and everything it said was read."""
        assert self._process is not None
        assert self._reading is not None
        await self._process.wait()
        await self._reading

    async def destroy(self) -> None:
        """Whatever state it is in: gone afterwards."""
        if self._process is not None and self._reading is not None:
            self.send(signal.SIGKILL)
            with contextlib.suppress(MemberError):
                await self.ended()

    def check(self) -> None:
        """Raise where the process ended and nobody had asked for it."""
        if self._process is not None and not self.running and not self._expected_end:
            raise MemberError(f"{self.name} ended with {self._process.returncode}:\n{self.log_tail()}")

    def log_tail(self) -> str:
        """The end of its log, of all its lives."""
        return self.log_file.read_bytes()[-4_000:].decode("utf-8", "replace")

    def _tell(self, line: str) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(line.encode() + b"\n")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            said = json.loads(line)
            if said["event"] == "ready":
                self._ready.set()
            elif said["event"] == "trapped":
                self._fell(said["point"])
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def _fell(self, point: str) -> None:
        if self._trapped is not None and not self._trapped.done():
            self._trapped.set_result(point)
        else:
            self.send(signal.SIGCONT)  # the disarming came too late: nobody waits for it any more

"""Our end of the pipe to the supervising process."""

from __future__ import annotations

import contextlib
import itertools
import json
import queue
import subprocess
import sys
import threading
from typing import Any, Final, Literal

from cbrn_deploy.kafka import supervisor
from cbrn_deploy.kafka.errors import BrokerControlError

Order = Literal["kill", "stop", "start", "pause", "resume"]
END_TIMEOUT_S: Final = 15.0
"""What the supervisor itself may need, once its brokers are gone."""


class Supervised:
    """A supervising process with its brokers. Closing the pipe to it is the sign to end."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._stop_timeout_s: float = plan["stop_timeout_s"]
        self._events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._orders, self._ordering = itertools.count(1), threading.Lock()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", supervisor.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal is for the program, which then stops us in order
        )
        threading.Thread(target=self._receive, daemon=True, name="kafka-events").start()
        self.send(plan)

    def _receive(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._events.put(json.loads(line))
        self._events.put({"event": "gone"})

    def send(self, message: dict[str, Any]) -> None:
        """Send one JSON line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def order(self, act: Order, number: int, timeout_s: float) -> dict[str, Any]:
        """Have something done with a broker; return what is said when it is done.

        An answer that somebody else no longer waited for is none to this order.
        """
        with self._ordering:
            order = next(self._orders)
            self.send({"do": act, "node": number, "order": order})
            while True:
                event = self.wait_for(timeout_s, "done")
                if event["event"] == "gone" or event["order"] == order:
                    return event

    def wait_for(self, timeout_s: float, *events: str) -> dict[str, Any]:
        """Wait for the next of these events; `gone` when the supervisor ended.

        Raises BrokerControlError when it says nothing.
        """
        while True:
            try:
                event = self._events.get(timeout=timeout_s)
            except queue.Empty:
                raise BrokerControlError(
                    f"the broker's supervisor said nothing for {timeout_s:.0f} s",
                    hint="Stop the broker and start it again.",
                ) from None
            if event["event"] in {*events, "gone"}:
                return event

    def news(self) -> list[dict[str, Any]]:
        """Return what it has said that nobody waited for, oldest first."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._events.get_nowait())
        return found

    def let_go(self) -> None:
        """Leave the brokers running for themselves."""
        self.close()
        self._process.returncode = 0  # it is no longer ours to wait for; says so to subprocess, which would warn

    def end(self) -> None:
        """Stop the brokers, and return when all is gone."""
        self.close()
        try:
            self._process.wait(self._stop_timeout_s + END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()  # the brokers die with it
            self._process.wait()

    def close(self) -> None:
        """Tell the supervisor that nobody wants its brokers any more; `end` also waits for their end."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended before reading everything; what it said tells why
            self._process.stdin.close()

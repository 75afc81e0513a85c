"""Open pages of the desk over real sockets: how soon each shows what the projection was handed.

The server is uvicorn as `cbrn run desk` has it, with accounts and a store in a folder. There is no Kafka: the clock of
an alert starts when a broker would have it, and what waits is taken in one batch, as `Projection` does. The pages are
sockets of another process, which reads and looks for the names of situations in whole rows; nothing is drawn. They
speak HTTP/1.0, so that no lengths of chunks stand between the rows that they look for.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import statistics
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.builders.desk import desk_house

from cbrn_consumers.desk.accounts import Role
from cbrn_consumers.desk.web.door import LANGUAGE_COOKIE, SESSION_COOKIE
from cbrn_deploy.processes.desk import STOP_WITHIN_S
from cbrn_deploy.processes.listening import Connection, server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.builders.desk import House

    from cbrn_consumers.desk.store.records import Kept

ACCOUNTS: Final = 20
"""As many officers as a large ministry has on duty at once; the rest are their other windows."""
SPOKEN: Final = ("ky", "ky", "ky", "ru", "ru", "en")
SETTLE_S: Final = 3.0
LAST_WITHIN_S: Final = 20.0
_ROW: Final = re.compile(rb'event: row\nid: [^\n]*\ndata: \{"situation": "([^"]+)"[^\n]*\n\n')


class _Connection(Connection):
    connections_max = 2_000


async def pages(stock: Sequence[Kept], live: Sequence[Kept], *, count: int, rate: float) -> None:
    """Open so many pages of a desk that holds a stock, let alerts come at a rate, and print what was seen when."""
    with tempfile.TemporaryDirectory() as folder:
        async with desk_house(Path(folder), "moh", clock=lambda: datetime.now(UTC)) as house:
            house.store._clock = lambda: datetime.now(UTC)
            house.now = datetime.now(UTC)
            await _stocked(house, stock)
            with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
                serving = server(house.app, _Connection, stop_within_s=STOP_WITHIN_S)
                running = asyncio.create_task(serving.serve([listener]))
                try:
                    await _measured(house, listener.getsockname()[1], live, count, rate)
                finally:
                    house.app.state.streams.stop()
                    serving.should_exit = True
                    await running


async def _stocked(house: House, stock: Sequence[Kept]) -> None:
    for start in range(0, len(stock), 2_000):
        await house.store.take(stock[start : start + 2_000], fold_now=False)
    await asyncio.to_thread(lambda: deque(house.store.keeping.catch_up(), maxlen=0))


async def _measured(house: House, port: int, live: Sequence[Kept], count: int, rate: float) -> None:
    roles = (Role.OFFICER, Role.OFFICER, Role.OFFICER, Role.AUDITOR)
    tokens = [house.token(roles[each % len(roles)], name=f"post{each}") for each in range(ACCOUNTS)]
    clients = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.desk_pages", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert clients.stdin is not None
    assert clients.stdout is not None
    clients.stdin.write(json.dumps({"port": port, "tokens": tokens, "pages": count}).encode() + b"\n")
    assert await clients.stdout.readline() == b"open\n"
    await asyncio.sleep(SETTLE_S)
    idle, began = time.process_time(), time.monotonic()
    await asyncio.sleep(SETTLE_S)
    idle = (time.process_time() - idle) / (time.monotonic() - began)
    spent, began = time.process_time(), time.monotonic()
    handed, took = await _fed(house, live, rate)
    clients.stdin.write(json.dumps(sorted(handed)).encode() + b"\n")
    assert await clients.stdout.readline() == b"seen\n"
    seconds, spent = time.monotonic() - began, time.process_time() - spent
    said = json.loads(await clients.stdout.read())
    await clients.wait()
    print(f"\n{_said(handed, said, count)} in {seconds:.1f} s\n")
    _print(handed, took, said)
    print(
        f"\nThe server's processor: {spent / seconds:.0%} of a core, {spent / len(handed) * 1000:.1f} ms an alert; "
        f"while nothing came {idle:.0%}. To the pages {said['bytes'] / seconds / 1e6:,.1f} MB/s; "
        f"their process {said['cpu'] / seconds:.0%}.",
        flush=True,
    )


async def _fed(house: House, live: Sequence[Kept], rate: float) -> tuple[dict[str, float], list[float]]:
    """Hand over each alert at its time; what came while a batch was written goes into the next."""
    handed: dict[str, float] = {}
    took: list[float] = []
    waiting, began = deque(enumerate(live)), time.monotonic()
    while waiting:
        now = time.monotonic()
        due = []
        while waiting and began + waiting[0][0] / rate <= now:
            number, record = waiting.popleft()
            handed[(record.key or b"").decode()] = began + number / rate
            due.append(replace(record, timestamp=int(time.time() * 1000)))
        if due:
            await house.store.take(due)
            took.append(time.monotonic() - now)
        elif waiting:
            await asyncio.sleep(max(0.0, began + waiting[0][0] / rate - now))
    return handed, took


def _said(handed: dict[str, float], said: Any, count: int) -> str:
    seen = sum(len(one.keys() & handed.keys()) for one in said["seen"])
    rows = f"{seen:,} of {len(handed) * count:,} rows seen, {said['doubled']} doubled"
    return f"{count} pages, {len(handed)} alerts; {rows}"


def _print(handed: dict[str, float], took: list[float], said: Any) -> None:
    waits = sorted((at - handed[name]) * 1000 for one in said["seen"] for name, at in one.items() if name in handed)
    print("| | ms, median | ms, p99 | ms, longest |\n| --- | --- | --- | --- |")
    parts = ("from the commit to the page", waits), ("of it the database", sorted(each * 1000 for each in took))
    for label, found in parts:
        figures = statistics.median(found), found[int(len(found) * 0.99)], found[-1]
        print(f"| {label} | {' | '.join(f'{each:,.0f}' for each in figures)} |")


class _Page(asyncio.Protocol):
    """One page: its rows, each with the time at which all of it was there."""

    def __init__(self, head: bytes, opened: asyncio.Event) -> None:
        self.head, self.opened = head, opened
        self.seen: dict[str, float] = {}
        self.doubled = self.bytes = 0
        self._rest = b""

    def connection_made(self, transport: Any) -> None:
        transport.write(self.head)

    def data_received(self, data: bytes) -> None:
        self.opened.set()
        self.bytes += len(data)
        now, text = time.monotonic(), self._rest + data
        end = 0
        for found in _ROW.finditer(text):
            name, end = found[1].decode(), found.end()
            self.doubled += name in self.seen
            self.seen.setdefault(name, now)
        self._rest = text[end:][-65_536:] if end or len(text) < 65_536 else text[-65_536:]


async def _clients() -> None:
    loop = asyncio.get_running_loop()
    said = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    opened: list[_Page] = []
    for number in range(said["pages"]):
        token = said["tokens"][number % len(said["tokens"])]
        cookies = f"{SESSION_COOKIE}={token}; {LANGUAGE_COOKIE}={SPOKEN[number % len(SPOKEN)]}"
        head = f"GET /stream HTTP/1.0\r\nhost: desk.test\r\ncookie: {cookies}\r\n\r\n".encode()
        page = _Page(head, asyncio.Event())
        await loop.create_connection(lambda page=page: page, "127.0.0.1", said["port"])
        await page.opened.wait()
        opened.append(page)
    print("open", flush=True)
    cpu = time.process_time()
    wanted = set(json.loads(await loop.run_in_executor(None, sys.stdin.readline)))
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WITHIN_S):
            # An event for each of 250,000 rows would be measured, too.
            while any(len(wanted - page.seen.keys()) for page in opened):  # noqa: ASYNC110 - as said
                await asyncio.sleep(0.1)
    print("seen", flush=True)
    told = {
        "seen": [page.seen for page in opened],
        "doubled": sum(page.doubled for page in opened),
        "bytes": sum(page.bytes for page in opened),
        "cpu": time.process_time() - cpu,
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(_clients())

"""Debian's Firefox over WebDriver BiDi, as far as a smoke test needs it: no driver, and no package for websockets.

async with firefox(tmp_path) as page:
    await page.open(address)
    await page.says("document.title")
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import struct
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FIREFOX: Final = ("firefox-esr", "firefox")
LISTENS: Final = re.compile(rb"WebDriver BiDi listening on ws://127\.0\.0\.1:(\d+)")
STARTS_WITHIN_S: Final = 60
ANSWERS_WITHIN_S: Final = 60
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
SHORT, LONG = 126, 127
VIOLATIONS: Final = """() => {
  globalThis.violations = [];
  document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
  addEventListener("error", (event) => violations.push(String(event.message)));
}"""


class Socket:
    """A websocket of a client, RFC 6455: text in one frame, masked as it must be."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int, path: str) -> Socket:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        key = base64.b64encode(os.urandom(16)).decode()
        asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{asked}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        answered = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answered, answered[:200]
        return cls(reader, writer)

    async def send(self, text: str, kind: int = TEXT) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        if size < SHORT:
            head = bytes([0x80 | kind, 0x80 | size])
        else:
            assert size < 2**16, "no command of a smoke test is longer"
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | SHORT, size)
        self._writer.write(head + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(data)))
        await self._writer.drain()

    async def receive(self) -> str:
        whole = b""
        while True:
            first, second = await self._reader.readexactly(2)
            size = second & 0x7F
            if size == SHORT:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == LONG:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            data, kind = await self._reader.readexactly(size), first & 0x0F
            if kind == CLOSE:
                raise EOFError("Firefox has closed the line")
            if kind == PING:
                await self.send(data.decode(), PONG)
            elif kind != PONG:
                whole += data
                if first & 0x80:
                    return whole.decode()

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


class FirefoxPage:
    """One page of it."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._asked = 0
        self._context = ""

    async def ask(self, method: str, **params: Any) -> Any:
        """Give one command, and return what it gives."""
        self._asked += 1
        await self._socket.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while True:
                said = json.loads(await self._socket.receive())
                if said.get("id") == self._asked:
                    assert said["type"] == "success", said
                    return said["result"]

    async def begin(self) -> None:
        await self.ask("session.new", capabilities={})
        await self.ask("script.addPreloadScript", functionDeclaration=VIOLATIONS)
        self._context = (await self.ask("browsingContext.create", type="tab"))["context"]

    async def open(self, address: str) -> None:
        await self.ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    async def says(self, expression: str) -> Any:
        """What an expression gives in the page: a text, a number or a truth."""
        given = {"target": {"context": self._context}, "awaitPromise": True}
        answer = await self.ask("script.evaluate", expression=expression, **given)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true; a page that is just being left gives no answer."""
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while True:
                with suppress(AssertionError):
                    if await self.says(f"Boolean({expression})"):
                        return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[FirefoxPage]:
    """A page of a Firefox of its own; a machine without one skips the test, unless `CBRN_BROWSER` demands browsers."""
    found = next((path for name in FIREFOX if (path := shutil.which(name))), None)
    if found is None:
        assert "CBRN_BROWSER" not in os.environ, "CBRN_BROWSER is set, and there is no Firefox"
        pytest.skip("there is no Firefox here: apt-get install firefox-esr")
    profile = folder / "firefox"
    await asyncio.to_thread(profile.mkdir)
    running = await asyncio.create_subprocess_exec(
        found,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
        limit=2**20,
    )
    drained: asyncio.Task[None] | None = None
    try:
        assert running.stderr is not None
        async with asyncio.timeout(STARTS_WITHIN_S):
            port = await _port(running.stderr)
        drained = asyncio.create_task(_drain(running.stderr))
        socket = await Socket.connect(port, "/session")
        try:
            page = FirefoxPage(socket)
            await page.begin()
            yield page
        finally:
            await socket.close()
    finally:
        with suppress(ProcessLookupError):
            running.terminate()
        await running.wait()
        if drained is not None:
            await drained


async def _port(said: asyncio.StreamReader) -> int:
    while line := await said.readline():
        if listens := LISTENS.search(line):
            return int(listens[1])
    raise EOFError("Firefox has ended before it listened")


async def _drain(said: asyncio.StreamReader) -> None:
    while await said.read(65_536):
        pass

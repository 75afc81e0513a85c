"""An operator's SMS centre on loopback: SMPP 3.4 as far as a session needs it, and telephones that only exist here.

It lets everybody in, takes messages, and delivers what a telephone replies. Nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Final, NamedTuple, Self

WITHIN_S: Final = 20.0
RESPONSE: Final = 0x8000_0000
"""Bit of a command that is an answer."""
SUBMIT_SM: Final = 0x4
DELIVER_SM: Final = 0x5
UNBIND: Final = 0x6
BIND_TRANSCEIVER: Final = 0x9
ENQUIRE_LINK: Final = 0x15
UCS2: Final = 8
RECEIPT: Final = 4
"""Class of a delivery that is no reply: the network's word that a message arrived."""
JOINED: Final = 0x40
"""Class of a message that begins with the header by which a telephone joins its parts."""


class Message(NamedTuple):
    """What was submitted, as the centre read it."""

    sender: str
    to: str
    text: str
    header: bytes
    """Of a part: what joins it to the others."""
    size: int
    """Bytes of it; a network takes 140."""


class SmsCentre:
    """The centre. An async context manager; `port` is where it listens."""

    port: int

    def __init__(self, *, status: int = 0, receipts: bool = False) -> None:
        """Answer every message with `status`; `receipts`: say of each that it arrived."""
        self.messages: list[Message] = []
        self.answered: asyncio.Queue[int] = asyncio.Queue()
        """Sequence numbers of deliveries that were answered."""
        self.sessions = 0
        self._status, self._receipts = status, receipts
        self._came = asyncio.Condition()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Close every line."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def wait_for(self, count: int, to: str | None = None, within_s: float = WITHIN_S) -> list[Message]:
        """Wait until so many messages have come, for one number or for all.

        Raises:
            TimeoutError: they have not.
        """
        async with asyncio.timeout(within_s), self._came:
            await self._came.wait_for(lambda: len(self.sent(to)) >= count)
        return self.sent(to)

    def sent(self, to: str | None = None) -> list[Message]:
        """Return the messages for one number, in their order, or for all."""
        return [each for each in self.messages if to is None or each.to == to.lstrip("+")]

    async def wait_for_session(self, count: int = 1, within_s: float = WITHIN_S) -> None:
        """Wait until so many sessions were begun, and one is there.

        Raises:
            TimeoutError: there is none.
        """
        async with asyncio.timeout(within_s), self._came:
            await self._came.wait_for(lambda: self.sessions >= count and bool(self._writers))

    async def reply(self, number: str, text: str, sequence: int = 1000) -> None:
        """Send on what somebody has written with that telephone."""
        await self.deliver(number, text.encode("utf-16-be"), UCS2, 0, sequence)

    async def deliver(self, number: str, said: bytes, coding: int, esm_class: int, sequence: int) -> None:
        """Send bytes as a centre does, whatever they are: `coding` and `esm_class` are those of SMPP 3.4."""
        fields = b"\0\1\1" + number.lstrip("+").encode() + b"\0\0\0" + b"1122\0" + bytes((esm_class, 0, 0)) + b"\0\0"
        body = fields + bytes((0, 0, coding, 0, len(said))) + said
        await _write(self._writers[-1], DELIVER_SM, 0, sequence, body)

    async def raw(self, said: bytes) -> None:
        """Send bytes as they are, on the newest line."""
        self._writers[-1].write(said)
        await self._writers[-1].drain()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                length, command, _, number = struct.unpack("!IIII", await reader.readexactly(16))
                body = await reader.readexactly(length - 16)
                await self._take(writer, command, number, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _take(self, writer: asyncio.StreamWriter, command: int, number: int, body: bytes) -> None:
        if command == BIND_TRANSCEIVER:
            await _write(writer, RESPONSE | command, 0, number, b"centre\0")
            async with self._came:
                self._writers.append(writer)
                self.sessions += 1
                self._came.notify_all()
        elif command == SUBMIT_SM:
            await self._take_message(writer, number, body)
        elif command in {ENQUIRE_LINK, UNBIND}:
            await _write(writer, RESPONSE | command, 0, number, b"")
        elif command == RESPONSE | DELIVER_SM:
            await self.answered.put(number)

    async def _take_message(self, writer: asyncio.StreamWriter, number: int, body: bytes) -> None:
        name, message = str(len(self.messages)).encode(), _submitted(body)
        await _write(writer, RESPONSE | SUBMIT_SM, self._status, number, name + b"\0")
        async with self._came:
            self.messages.append(message)
            self._came.notify_all()
        if self._receipts:
            done = b" sub:001 dlvrd:001 submit date:2611270300 done date:2611270301 stat:DELIVRD err:000 text:"
            await self.deliver(message.to, b"id:" + name + done, 0, RECEIPT, 5000 + len(self.messages))


async def _write(writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes) -> None:
    writer.write(struct.pack("!IIII", 16 + len(body), command, status, number) + body)
    await writer.drain()


def _submitted(body: bytes) -> Message:
    """Read a submit_sm as a centre does."""
    _service, rest = body.split(b"\0", 1)
    source, rest = rest[2:].split(b"\0", 1)
    destination, rest = rest[2:].split(b"\0", 1)
    esm_class = rest[0]
    rest = rest[3:].split(b"\0", 2)[2]
    coding, length = rest[2], rest[4]
    said, header = rest[5 : 5 + length], b""
    if esm_class & JOINED:
        header, said = said[: said[0] + 1], said[said[0] + 1 :]
    text = said.decode("utf-16-be") if coding == UCS2 else said.decode("ascii")
    return Message(source.decode(), destination.decode(), text, header, length)

"""Alerts and officers to notify, a history without Kafka, and a fake SMS centre."""

from __future__ import annotations

import asyncio
import struct
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from tests.builders.golden import event

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.notify.channel import SENT
from cbrn_consumers.notify.history import Ledger
from cbrn_schemas.errors import BusError
from cbrn_schemas.notice import Notice, NoticeOutcome
from cbrn_schemas.officers import Officer
from cbrn_schemas.topics import Realm
from cbrn_schemas.unanswered import UNANSWERED_TYPE, WATCH_SOURCE, Unanswered

START = datetime(2026, 11, 27, 3, tzinfo=UTC)
MOBILE = "+996555123456"
MAIL = "asanov@mes.example"


def alert(number: int = 1, kind: str = "chemical-release", **changed: Any) -> Alert:
    """One alert; what is no field of an alert goes into its event."""
    own = {name: changed.pop(name) for name in list(changed) if name in Alert.__dataclass_fields__}
    said = event(kind, **({"situation": "KG-2026-chlorine", "severity": "Severe"} | changed))
    given: dict[str, Any] = {
        "id": f"e-{number}",
        "source": "/mes",
        "type": f"kg.cbrn.incident.{kind}.v1",
        "event": said,
        "data": b"{}",
        "role": "lead",
        "rules": ("a-rule",),
        "acknowledge_by": START + timedelta(minutes=20),
        "level": 0,
        "warnings": (),
        "restricted": False,
        "rulebook": "0" * 12,
        "place": "41708203",
        "origin": Origin("cbrn.to.mes.alerts", 0, number, START),
    }
    return Alert(**(given | own))


def unanswered(step: str, level: int = 1, **changed: Any) -> Alert:
    """An alarm of the watch: the Ministry of Health has not answered, and this body is asked now."""
    said = Unanswered.model_validate(
        {
            "situation": "KG-2026-chlorine",
            "body": "moh",
            "lacking": "not-acknowledged",
            "event": {"source": "/mes", "id": "e-1"},
            "due": START,
            "at": START,
            "level": level,
            "step": step,
            "asked": "mes",
        }
    )
    given = {"id": "unanswered-1", "source": WATCH_SOURCE, "type": UNANSWERED_TYPE, "acknowledge_by": None}
    return alert(**(given | {"event": said, "level": level} | changed))


def officer(post: str = "duty-1", *channels: dict[str, str], **changed: Any) -> Officer:
    given = {"post": post, "title": f"Duty officer {post.replace('-', ' ')}", "language": "ky", "channels": channels}
    return Officer.model_validate(given | changed)


def mobile(number: str = MOBILE) -> dict[str, str]:
    return {"name": "mobile", "kind": "sms", "to": number}


def mail(address: str = MAIL) -> dict[str, str]:
    return {"name": "office", "kind": "email", "to": address}


def notice(name: str = "1", **changed: Any) -> Notice:
    given: dict[str, Any] = {
        "id": f"mes.{name}",
        "realm": Realm.REAL,
        "body": "mes",
        "post": "duty-1",
        "kind": "webhook",
        "channel": "hook",
        "language": "ky",
        "severity": "Severe",
        "subject": "Оор: Химиялык заттын бөлүнүп чыгышы, Өзгөн",
        "text": "ң ө ү",
        "at": START,
    }
    return Notice(**(given | changed))


class FakeHistory:
    """The history, as far as the notifier uses it; `broken` refuses to write."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.records: list[Notice | NoticeOutcome] = []
        self.broken = False

    async def write(self, *said: Notice | NoticeOutcome) -> None:
        if self.broken:
            raise BusError("no broker")
        for one in said:
            self.records.append(one)
            self.ledger.take(one)

    async def note(self, outcome: NoticeOutcome) -> None:
        await self.write(outcome)

    async def look(self, _now: datetime) -> Ledger:
        return self.ledger

    def notices(self, **wanted: Any) -> list[Notice]:
        return [
            each
            for each in self.records
            if isinstance(each, Notice) and all(getattr(each, name) == value for name, value in wanted.items())
        ]

    def results(self) -> list[str]:
        return [each.result for each in self.records if isinstance(each, NoticeOutcome)]


class FakeChannel:
    """Takes everything, and remembers it."""

    def __init__(self) -> None:
        self.sent: list[tuple[Notice, str]] = []

    async def send(self, notice: Notice, address: str) -> Any:
        self.sent.append((notice, address))
        return SENT

    async def close(self) -> None:
        pass


class FakeSmsCentre:
    """An operator's SMS centre on loopback: lets everybody in, takes messages, delivers replies."""

    def __init__(self, *, status: int = 0, receipts: bool = False) -> None:
        self.status = status
        self.receipts = receipts
        self.messages: list[dict[str, Any]] = []
        self.came = asyncio.Condition()
        self.answered: asyncio.Queue[int] = asyncio.Queue()
        """Sequence numbers of deliveries that were answered."""
        self.sessions = 0
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
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def wait_for(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: len(self.messages) >= count)
        return self.messages

    async def wait_for_session(self, count: int = 1) -> None:
        async with asyncio.timeout(20), self.came:
            await self.came.wait_for(lambda: self.sessions >= count and self._writers)

    async def reply(self, number: str, text: str, sequence: int = 1000) -> None:
        """Deliver what an officer has written."""
        said = text.encode("utf-16-be")
        await self._deliver(number, said, 8, 0, sequence)

    async def _deliver(self, number: str, said: bytes, coding: int, esm_class: int, sequence: int) -> None:
        fields = b"\0\1\1" + number.lstrip("+").encode() + b"\0\0\0" + b"1122\0" + bytes((esm_class, 0, 0)) + b"\0\0"
        body = fields + bytes((0, 0, coding, 0, len(said))) + said
        await self._write(self._writers[-1], 0x5, 0, sequence, body)

    async def _write(self, writer: asyncio.StreamWriter, command: int, status: int, number: int, body: bytes) -> None:
        writer.write(struct.pack("!IIII", 16 + len(body), command, status, number) + body)
        await writer.drain()

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
        if command == 0x9:
            await self._write(writer, 0x80000009, 0, number, b"centre\0")
            async with self.came:
                self._writers.append(writer)
                self.sessions += 1
                self.came.notify_all()
        elif command == 0x4:
            name = str(len(self.messages)).encode()
            await self._write(writer, 0x80000004, self.status, number, name + b"\0")
            async with self.came:
                self.messages.append(_submitted(body))
                self.came.notify_all()
            if self.receipts:
                said = (
                    b"id:"
                    + name
                    + b" sub:001 dlvrd:001 submit date:2611270300 done date:2611270301 stat:DELIVRD err:000 text:"
                )
                await self._deliver("996555123456", said, 0, 4, 5000 + len(self.messages))
        elif command == 0x15:
            await self._write(writer, 0x80000015, 0, number, b"")
        elif command == 0x6:
            await self._write(writer, 0x80000006, 0, number, b"")
        elif command == 0x80000005:
            await self.answered.put(number)


def _submitted(body: bytes) -> dict[str, Any]:
    """Read a submit_sm as a centre does."""
    _service, rest = body.split(b"\0", 1)
    source, rest = rest[2:].split(b"\0", 1)
    destination, rest = rest[2:].split(b"\0", 1)
    esm_class = rest[0]
    rest = rest[3:].split(b"\0", 2)[2]
    coding, length = rest[2], rest[4]
    said = rest[5 : 5 + length]
    header = b""
    if esm_class & 0x40:
        header, said = said[: said[0] + 1], said[said[0] + 1 :]
    text = said.decode("utf-16-be") if coding == 8 else said.decode("ascii")
    return {"from": source.decode(), "to": destination.decode(), "text": text, "header": header, "bytes": length}

"""A router's word on its rule books: the latest status, written to `cbrn.bus.rulebook-status` and repeated.

It must never stand in the way of routing: whatever goes wrong here is told to the log once, and tried again later. On a
bus that was provisioned before the topic existed nothing is reported.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka import AIOKafkaProducer

from cbrn_routing.activation.status import REPORT_EVERY_S
from cbrn_schemas.topics import Lane, Realm, bus_topic

if TYPE_CHECKING:
    from cbrn_routing.activation.status import RulebookStatus

log = structlog.get_logger(__name__)

REPORTED_WITHIN_S: Final = 10.0
LET_GO_WITHIN_S: Final = 1.0
"""A router has ten seconds to stop in."""
NAME_MAX: Final = 200


def router_name(lane: Lane, instance: str | None) -> str:
    """Name a router process: by its instance where it has one, else so that no other has the same."""
    own = instance or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
    return f"{lane}/{own}"[:NAME_MAX]


class Reporter:
    """The writer of the latest status; `report` gives it, at any time and without waiting."""

    def __init__(self, connection: dict[str, Any], realm: Realm, name: str) -> None:
        self._connection = connection
        self._topic = bus_topic(realm, "rulebook-status")
        self._key = name.encode()
        self._status: RulebookStatus | None = None
        self._changed = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        self._written = False
        self._said: str | None = None

    def report(self, status: RulebookStatus) -> None:
        """Take a status over; of several that come quickly the last is written."""
        self._status = status
        self._changed.set()

    async def run(self) -> None:
        """Write what is reported, and repeat it, until cancelled; then take the report away."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REPORT_EVERY_S):
                        await self._changed.wait()
                self._changed.clear()
                await self._write()
        finally:
            await self._leave()

    async def _write(self) -> None:
        if self._status is None:
            return
        try:
            async with asyncio.timeout(REPORTED_WITHIN_S):
                producer = await self._started()
                if producer is None:
                    return
                status = self._status.model_copy(update={"at": datetime.now(UTC)})
                await producer.send_and_wait(self._topic, status.model_dump_json().encode(), key=self._key)
            self._written, self._said = True, None
        except Exception as error:  # noqa: BLE001 - whatever it was: alerts go on, and the report is tried again
            self._tell(f"{type(error).__name__}: {error}".rstrip(": "))
            await self._let_go()

    async def _started(self) -> AIOKafkaProducer | None:
        """Return the producer; None where the topic does not exist: sending would wait for it, or make it misshapen."""
        if self._producer is None:
            self._producer = AIOKafkaProducer(**self._connection, acks="all", enable_idempotence=True)
            await self._producer.start()
        if not self._written:
            known = await self._producer.client.fetch_all_metadata()
            if self._topic not in known.topics():
                self._tell(f"missing topic: {self._topic}. Run `cbrn topics apply`.")
                await self._let_go()
                return None
        return self._producer

    def _tell(self, why: str) -> None:
        if why != self._said:
            self._said = why
            log.warning(
                "this router cannot report its rule book; it routes all the same",
                why=why,
                hint="Until it can, `cbrn rules active` does not show it; this log does.",
            )

    async def _leave(self) -> None:
        """Take the report away: who has left is not to be waited for. One that was killed falls silent instead."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(LET_GO_WITHIN_S):
                if self._producer is not None and self._written:
                    await self._producer.send_and_wait(self._topic, None, key=self._key)
        await self._let_go()

    async def _let_go(self) -> None:
        producer, self._producer, self._written = self._producer, None, False
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(LET_GO_WITHIN_S):
                    await producer.stop()

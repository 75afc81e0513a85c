"""What came of the test of a channel, as a fact of the body's watch: sent, failed, or answered by the officer.

A code goes out as a notice does, through the same senders. By SMS the reply is the answer; what came over any other
channel is given back with `cbrn shift answer`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog

from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from cbrn_consumers.notify.channel import Outcome
    from cbrn_consumers.notify.composing import Composer, Way
    from cbrn_schemas.notice import Notice
    from cbrn_schemas.shift import ChannelTested, Why

log = structlog.get_logger(__name__)


class Facts(Protocol):
    """Where a fact about a watch is written: `cbrn_consumers.rota.reader.publish_fact`."""

    async def __call__(self, fact: ChannelTested) -> object:
        """Write it; return once Kafka holds it."""


class Probing:
    """Says of each test what came of it: that it was answered is never followed by that it was sent."""

    def __init__(self, composer: Composer, facts: Facts, answered: set[str]) -> None:
        """Take the ids of notices that were answered, which grow by those of tests."""
        self._composer, self._facts, self._answered = composer, facts, answered
        self._turn = asyncio.Lock()

    async def told(self, notice: Notice, way: Way, outcome: Outcome, attempt: int) -> None:
        """Say that a code was sent, or could not be; a further attempt that fails says nothing new."""
        if outcome.sent:
            await self._said(notice, way, "no-answer")
        elif attempt <= 1:
            await self._said(notice, way, "not-reached" if outcome.recoverable else "refused")

    async def unsent(self, notice: Notice, way: Way) -> None:
        """Say that nothing sends over channels of this kind."""
        await self._said(notice, way, "no-sender")

    async def answered(self, notice: Notice, way: Way) -> None:
        """Say that the officer has given the code back.

        Raises:
            BusError: it could not be written; the reply must come again.
        """
        async with self._turn:
            await self._facts(self._composer.tested(notice, way, "answered"))
            self._answered.add(notice.id)

    async def _said(self, notice: Notice, way: Way, why: Why) -> None:
        async with self._turn:
            if notice.id in self._answered:
                return
            try:
                await self._facts(self._composer.tested(notice, way, "sent" if why == "no-answer" else "failed", why))
            except BusError as error:
                log.warning("what came of a channel's test cannot be written down", error=str(error))

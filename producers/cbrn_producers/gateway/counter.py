"""What all requests share: one body's way onto the bus, open or not yet, and how much may be in work at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_producers.errors import NotAcknowledgedError
from cbrn_producers.files import Refusal, publish_prepared
from cbrn_producers.gateway.errors import BusyError
from cbrn_producers.outgoing import Sender, check_sender
from cbrn_producers.sdk import Agency
from cbrn_routing.bus.errors import BrokerUnreachableError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from cbrn_producers.files import Accepted, Ready
    from cbrn_schemas.settings import Settings

ANSWER_WITHIN_S: Final = 11.0
"""An event is acknowledged or given up within 10 s (`sdk.ACKNOWLEDGE_WITHIN_S`); a parent kills a child after 12 s."""
CONNECT_WITHIN_S: Final = 8.0
LOOK_WITHIN_S: Final = 2.0
LARGE_MAX: Final = 4
"""Bodies of more than one event's size that are in work at once: 2 MiB each.

Reading one of the densest JSON (`[1,1,...`) takes 95 MB, four 380 MB."""

log = structlog.get_logger(__name__)


class Counter:
    """Where a body's events are handed in. Used by the requests of one event loop."""

    def __init__(self, sender: Sender, settings: Settings) -> None:
        """Take on whose behalf it publishes, with `settings` that hold that body's Kafka user.

        Raises:
            RefusedEventError: the body is not in the catalogue or does not publish.
        """
        check_sender(sender)
        self.sender = sender
        self.lang = settings.lang
        self._settings = settings
        self._agency: Agency | None = None
        self._open = AsyncExitStack()
        self._large = asyncio.Semaphore(LARGE_MAX)

    async def open(self) -> None:
        """Connect to Kafka, for as long as that may take: what is sent until then is answered with «try again».

        Raises:
            UnknownTopicError: the body's topics do not exist, or may not be seen by this user.
        """
        while self._agency is None:
            agency = Agency(
                self.sender.body, system=self.sender.system, settings=self._settings, connect_within_s=CONNECT_WITHIN_S
            )
            try:
                self._agency = await self._open.enter_async_context(agency)
            except BrokerUnreachableError as error:
                log.warning("no broker yet, trying on", error=str(error), hint=error.hint)

    async def close(self) -> None:
        """Let what is on its way leave, and disconnect."""
        self._agency = None
        await self._open.aclose()

    async def publish(self, prepared: Sequence[Ready | Refusal]) -> list[Accepted | Refusal]:
        """Publish what is ready, in bounded time; one outcome an event, in their order."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await publish_prepared(self._opened(), prepared)
        except (TimeoutError, BrokerUnreachableError) as error:
            log.warning("not acknowledged", events=len(prepared), error=str(error))
            return [found if isinstance(found, Refusal) else _unanswered(found) for found in prepared]

    async def look(self) -> None:
        """Return if Kafka answers.

        Raises:
            BrokerUnreachableError: it does not, or not in time.
        """
        try:
            async with asyncio.timeout(LOOK_WITHIN_S):
                await self._opened().ask_broker()
        except TimeoutError:
            raise BrokerUnreachableError(
                f"no broker at {self._settings.bootstrap_servers} answered within {LOOK_WITHIN_S:g} s"
            ) from None

    @asynccontextmanager
    async def large(self) -> AsyncGenerator[None]:
        """Count a large body among those in work, until it is answered.

        Raises:
            BusyError: there are as many as may be.
        """
        if self._large.locked():
            raise BusyError(f"{LARGE_MAX} large requests are in work")
        async with self._large:
            yield

    def _opened(self) -> Agency:
        if self._agency is None:
            raise BrokerUnreachableError(f"no broker at {self._settings.bootstrap_servers} has let us in yet")
        return self._agency


def _unanswered(found: Ready) -> Refusal:
    identifier = found.outgoing.id
    return Refusal(found.place, NotAcknowledgedError(f"{identifier} was not acknowledged", event_id=identifier))

"""Documents to partners' programs: each by one signed POST, in order, again for some hours where it fails.

Each endpoint has one document in work at a time, so one that is dead delays nobody but itself: a connection every
quarter of an hour. What is done with stands in the database, so a restart goes on where it was; what was sent just
before a crash is sent again, under the same `webhook-id`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from cbrn_consumers.feeds.deliveries import Deliveries
from cbrn_consumers.notify.pool import Pool
from cbrn_consumers.notify.webhook import SignedPost
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.feeds.deliveries import EndpointState, Result
    from cbrn_consumers.feeds.document import Document
    from cbrn_consumers.feeds.endpoints import Endpoint
    from cbrn_consumers.feeds.store import Store
    from cbrn_consumers.notify.channel import Outcome

PAUSES_S: Final = (5.0, 15.0, 60.0, 300.0, 600.0, *(900.0,) * 24)
"""Between attempts at one document, and of an endpoint that fails: 6 h 16 min in all."""
FINAL: Final = frozenset({400, 406, 413, 415, 422})
"""The receiver says of this document that it will not have it. Whatever else it answers, a wrong path, a token that has
run out, a redirect, is mended by a person, and meanwhile no document is lost by it."""
DEAD_AFTER: Final = 3
"""Attempts in a row, some 80 seconds, after which the operator is told."""
LOOK_EVERY_S: Final = 60.0
"""How often each endpoint is looked after, whatever has changed."""

log = structlog.get_logger(__name__)


class Delivery(NamedTuple):
    """A document for an endpoint."""

    endpoint: str
    document: Document

    @property
    def id(self) -> str:
        """The same in every attempt: `webhook-id`."""
        return self.document.id

    @property
    def severity(self) -> str:
        """How grave it is."""
        return self.document.severity


class Posts:
    """The channel of documents: the address is the endpoint's name, which knows its own secret and networks."""

    def __init__(self, endpoints: Sequence[Endpoint], clock: Callable[[], datetime], **options: Any) -> None:
        """Set up each endpoint; the options are those of `SignedPost`."""
        self._addresses = {one.name: one.address for one in endpoints}
        self._posts = {one.name: SignedPost(one.keys, one.allowed, clock, final=FINAL, **options) for one in endpoints}

    async def send(self, one: Delivery, address: str, /) -> Outcome:
        """Send a document."""
        document = one.document
        return await self._posts[address].post(
            self._addresses[address], one.id, document.content, document.content_type
        )

    async def close(self) -> None:
        """Close all connections."""
        for post in self._posts.values():
            await post.close()


class Sending:
    """Sends to all endpoints what they were not sent."""

    def __init__(
        self,
        store: Store,
        endpoints: Sequence[Endpoint],
        clock: Callable[[], datetime],
        *,
        pool: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Take whom to send to; `pool` has options of the pool, the others are those of `SignedPost`."""
        self._endpoints = {one.name: one for one in endpoints}
        self._clock = clock
        self._deliveries = Deliveries(store)
        self._busy: set[str] = set()
        self._pool: Pool[Delivery] = Pool(
            Posts(endpoints, clock, **options), self._told, **({"pauses_s": PAUSES_S} | dict(pool or {}))
        )

    async def run(self, changed: asyncio.Event) -> None:
        """Send what comes, until cancelled."""
        try:
            await asyncio.to_thread(self._deliveries.register, list(self._endpoints.values()))
            while True:
                changed.clear()
                for name in self._endpoints:
                    await self._offer(name)
                try:
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            await self._pool.close()

    async def _offer(self, name: str) -> None:
        """Give the pool the next document of an endpoint that has none in work."""
        if name in self._busy:
            return
        self._busy.add(name)
        try:
            found = await asyncio.to_thread(self._deliveries.next, self._endpoints[name], self._clock())
        except BusError as error:
            log.error("it is not known what was sent", endpoint=name, error=str(error), hint=error.hint)  # noqa: TRY400 - a sentence
            found = None
        if found is None:
            self._busy.discard(name)
        else:
            await self._pool.put(Delivery(name, found), name)

    async def _told(self, one: Delivery, outcome: Outcome, attempt: int, /, *, last: bool) -> None:
        """Note what came of an attempt, and go on with the next document when it was the last."""
        name, document, now = one.endpoint, one.document, self._clock()
        try:
            before = await asyncio.to_thread(self._deliveries.attempt, name, outcome.why, now)
            self._tell(name, before, outcome)
            if last:
                result = result_of(outcome)
                await asyncio.to_thread(
                    lambda: self._deliveries.note(
                        name, document.name, result, attempts=attempt, why=outcome.why, now=now
                    )
                )
                if result != "sent":
                    hint = "It stays in the feed. Tell the partner by telephone; look at `cbrn feeds status`."
                    log.error("a document was not taken", endpoint=name, document=one.id, why=outcome.why, hint=hint)
        except BusError as error:
            hint = "It is sent again, under the same id."
            log.error("it cannot be noted what was sent", endpoint=name, error=str(error), hint=hint)  # noqa: TRY400 - a sentence
        if last:
            self._busy.discard(name)
            await self._offer(name)

    def _tell(self, name: str, before: EndpointState, outcome: Outcome) -> None:
        """Tell the operator once that an endpoint is dead, and once that it is back."""
        if outcome.why is None and before.failures >= DEAD_AFTER:
            log.warning("an endpoint takes documents again", endpoint=name, failed_since=str(before.since))
        if outcome.why is not None and before.failures == DEAD_AFTER - 1:
            hint = "Look at its address, its certificate and its networks, and call the partner. It is tried on."
            log.error("an endpoint takes no documents", endpoint=name, why=outcome.why, hint=hint)


def result_of(outcome: Outcome) -> Result:
    """Name what came of a document in the end."""
    if outcome.sent:
        return "sent"
    return "given-up" if outcome.recoverable else "refused"

"""`SyncAgency`: the agency of `cbrn_producers.sdk` for programs without asyncio, on a loop in a thread of its own.

    with SyncAgency("mes", bootstrap_servers="kafka1:9092") as mes:
        receipt = mes.publish(TailingsFailure(...))

Threads may share it. A process that was forked may not: the thread is not copied with it.
"""

from __future__ import annotations

import os
from concurrent.futures import CancelledError
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypedDict, TypeVar, Unpack

from anyio.from_thread import start_blocking_portal

from cbrn_producers.errors import NotStartedError
from cbrn_producers.sdk import IN_FLIGHT_MAX, Agency

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable
    from types import TracebackType

    from anyio.from_thread import BlockingPortal

    from cbrn_producers.outgoing import Outgoing, Publishable
    from cbrn_producers.sdk import Receipt
    from cbrn_schemas.errors import BusError
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Realm

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class Opening(TypedDict, total=False):
    """What an agency is opened with, beside its body."""

    system: str | None
    bootstrap_servers: str | None
    realm: Realm | None
    settings: Settings | None
    acknowledge_within_s: float
    connect_within_s: float


class SyncAgency:
    """A body's way onto the bus. Use it as a context manager; every method waits, and any thread may call it."""

    def __init__(self, body: str, **opening: Unpack[Opening]) -> None:
        """Take what `Agency` takes.

        Raises:
            RefusedEventError: the body is not in the catalogue or does not publish.
        """
        self._agency = Agency(body, **opening)
        self._portal: BlockingPortal | None = None
        self._closing = ExitStack()
        self._process = 0

    def __enter__(self) -> Self:
        """Connect, as `Agency` does, with the same errors."""
        with ExitStack() as opened:
            portal = opened.enter_context(start_blocking_portal(name=f"agency-{self._agency.sender.body}"))
            opened.enter_context(portal.wrap_async_context_manager(self._agency))
            self._portal, self._process, self._closing = portal, os.getpid(), opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let what other threads publish be answered, and close; both have the bounds of `Agency`."""
        portal, self._portal = self._portal, None
        if portal is not None and os.getpid() != self._process:
            # Its loop is not in this process, and anyio would wait for it for ever, here or when it is collected.
            portal._event_loop_thread_id = None  # noqa: SLF001 - there is no public way to tell it
            return
        self._closing.__exit__(kind, error, trace)

    def publish(self, event: Publishable, *, event_id: str | None = None) -> Receipt:
        """Publish one event and wait for the acknowledgement. See `Agency.publish`: the same events, ids and errors."""
        return self._call(self._agency.publish, event, event_id=event_id)

    def publish_many(
        self,
        events: Iterable[Publishable | tuple[Publishable, str] | Outgoing],
        *,
        in_flight_max: int = IN_FLIGHT_MAX,
    ) -> list[Receipt | BusError]:
        """Publish events without waiting for each; one outcome per event, in order. See `Agency.publish_many`."""
        # Read here: a database's cursor belongs to the thread that opened it, and the loop must not wait for a file.
        return self._call(self._agency.publish_many, list(events), in_flight_max=in_flight_max)

    def _call(
        self, method: Callable[Given, Coroutine[Any, Any, Answer]], *arguments: Given.args, **named: Given.kwargs
    ) -> Answer:
        if self._portal is not None and os.getpid() != self._process:
            raise NotStartedError(
                f"the connection of {self._agency.sender.body} was opened before this process was forked",
                hint="Open a SyncAgency in each process, after the fork.",
            )
        if self._portal is None:
            raise NotStartedError(
                f"the connection of {self._agency.sender.body} is not open",
                hint="Use it inside `with SyncAgency(...)`.",
            )
        try:
            answer: Answer = self._portal.start_task_soon(partial(method, *arguments, **named)).result()
        except CancelledError:
            raise NotStartedError(
                f"the connection of {self._agency.sender.body} was closed before the broker had answered",
                hint="It may still be delivered: publish again with the same id.",
            ) from None
        return answer

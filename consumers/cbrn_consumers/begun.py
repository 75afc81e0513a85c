"""A handler's call, run up to where it first waits for something.

A timer, as `asyncio.timeout` sets one, costs more than many a handler, and cuts nobody off who never waits: whoever has
begun the call knows whether one is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator

NOTHING: Final = object()


class Begun:
    """An awaitable that has begun with being made; to be awaited at once, in the same task, where it `waits`."""

    def __init__(self, call: Awaitable[None]) -> None:
        """Run the call up to its first wait; raise its error, if it comes before."""
        self._steps: Generator[Any, Any, None] = call.__await__()
        self._first: object = NOTHING
        try:
            self._first = next(self._steps)
        except StopIteration:
            self.waits = False
        else:
            self.waits = True

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> object:
        return self.send(None)

    def send(self, value: object) -> object:
        """Give the event loop what is waited for: first what the beginning has come upon."""
        if self._first is NOTHING:
            return self._steps.send(value)
        first, self._first = self._first, NOTHING
        return first

    def throw(self, *error: Any) -> object:
        """Have the call see an error where it waits, as when it is cancelled."""
        return self._steps.throw(*error)

    def close(self) -> None:
        """End the call where it waits."""
        self._steps.close()

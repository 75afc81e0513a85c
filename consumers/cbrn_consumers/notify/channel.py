"""What a kind of channel is: it takes one notice for one address, and says what came of it.

The channel says whether trying again makes sense. It says so in words of its own: those of a library may repeat a
number, an address or a token. Everything that it waits for is bounded again from outside, by the pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from cbrn_schemas.notice import Notice


class Outcome(NamedTuple):
    """What came of one attempt."""

    sent: bool
    """Whether the next hop took it."""
    recoverable: bool = False
    """Whether trying again makes sense."""
    why: str | None = None


SENT = Outcome(sent=True)


def passing(why: str) -> Outcome:
    """Say that it failed, and may work later."""
    return Outcome(sent=False, recoverable=True, why=why)


def refused(why: str) -> Outcome:
    """Say that it failed, and will again."""
    return Outcome(sent=False, why=why)


class Channel(Protocol):
    """One kind of channel."""

    async def send(self, notice: Notice, address: str) -> Outcome:
        """Send a notice to an address; `notice.id` is the idempotency key, the same in every attempt.

        It may raise whatever it likes: the pool takes that for a failure that may pass.
        """

    async def close(self) -> None:
        """Give up what it holds open."""

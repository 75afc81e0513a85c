"""What a kind of channel is: it takes one notice, or a document, for one address, and says what came of it.

The channel says whether trying again makes sense. It says so in words of its own: those of a library may repeat a
number, an address or a token. Everything that it waits for is bounded again from outside, by the pool.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar


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


class Sendable(Protocol):
    """What is sent: a notice, a document."""

    @property
    def id(self) -> str:
        """The idempotency key, the same in every attempt."""

    @property
    def severity(self) -> str | None:
        """CAP's: what is `Extreme` goes before all else of its address."""


SendableT_contra = TypeVar("SendableT_contra", bound=Sendable, contravariant=True)


class Channel(Protocol[SendableT_contra]):
    """One kind of channel."""

    async def send(self, one: SendableT_contra, address: str, /) -> Outcome:
        """Send something to an address.

        It may raise whatever it likes: the pool takes that for a failure that may pass.
        """

    async def close(self) -> None:
        """Give up what it holds open."""

"""Channels tried before a shift: a code goes out by each, and only the officer who read it can give it back.

Who sends is given (`Sender`): the senders of `cbrn_consumers.notify` in earnest, a console where there are none. No
provider's words are kept, since they repeat the number.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cbrn_schemas.officers import Channel, ChannelKind, Officer
    from cbrn_schemas.shift import Outcome, Why

ANSWERED_WITHIN_S: Final = 300.0
"""From sending to the officer's answer."""
SMS_LETTERS_MAX: Final = 70
"""Of one part, where there are other letters than Latin ones."""
_CODE_BELOW: Final = 10_000


class Probe(NamedTuple):
    """What is sent to an officer."""

    text: str
    code: str
    """To be given back, as in «A 4821»."""


class Tried(NamedTuple):
    """What became of it."""

    outcome: Outcome
    why: Why | None


class Sender(Protocol):
    """Sends by one kind of channel, and says whether an answer came. It keeps the address to itself."""

    async def test(self, officer: Officer, channel: Channel, message: Probe) -> Tried:
        """Send a message, wait for the officer's answer, and say what became of it."""


def new_code() -> str:
    """Make a code of four digits that nobody can guess."""
    return f"{secrets.randbelow(_CODE_BELOW):04}"


def message_for(officer: Officer, body: str, realm: Realm, code: str) -> Probe:
    """Word the test in the officer's language, short enough for one part of an SMS."""
    lang = officer.language
    head = f"{word('mark', 'Exercise', lang)} " if realm is Realm.EXERCISE else ""
    said = f"{head}{word('shift', 'test', lang)}, {body_of(body).short(lang)}."
    answer = f" {word('shift', 'answer-with', lang)} A {code}"
    return Probe(said[: SMS_LETTERS_MAX - len(answer)] + answer, code)


async def try_channels(
    officer: Officer,
    channels: Iterable[Channel],
    senders: Mapping[ChannelKind, Sender],
    message: Callable[[], Probe],
    *,
    within_s: float = ANSWERED_WITHIN_S,
) -> list[tuple[Channel, Tried]]:
    """Try channels of an officer, all at once, each with a code of its own; none holds up another."""

    async def one(channel: Channel) -> tuple[Channel, Tried]:
        sender = senders.get(channel.kind)
        if sender is None:
            return channel, Tried("failed", "no-sender")
        try:
            async with asyncio.timeout(within_s):
                return channel, await sender.test(officer, channel, message())
        except TimeoutError:
            return channel, Tried("sent", "timed-out")
        except Exception:  # noqa: BLE001 - whatever a sender's library says repeats the number
            return channel, Tried("failed", "not-reached")

    return list(await asyncio.gather(*map(one, channels)))


class ConsoleSender:
    """Sends nothing: the person at the console does, by the means at hand, and enters what the officer gave back."""

    def __init__(self, ask: Callable[[Officer, Channel, Probe], str | None]) -> None:
        """Take what shows a message and asks for the answer; None: there is nobody to ask."""
        self._ask = ask
        self._turn = asyncio.Lock()

    async def test(self, officer: Officer, channel: Channel, message: Probe) -> Tried:
        """Ask for the code, one channel at a time."""
        async with self._turn:
            said = await asyncio.to_thread(self._ask, officer, channel, message)
        if said is None:
            return Tried("failed", "no-sender")
        given = said.strip().upper().removeprefix("A").strip()
        return Tried("answered", None) if given == message.code else Tried("sent", "no-answer")

"""What pages ask Kafka itself for: duties, the rule book that decided, silences and decisions of duties.

All else is read from the store. These are read when they are asked for, with a bound: a page that shows no duties is
better than none.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_consumers.deciding import Person
from cbrn_consumers.duties import answer, release
from cbrn_consumers.inbox import declaring
from cbrn_consumers.situation.reader import book_that_decided, duties_of
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.read import existing
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.errors import BusError
from cbrn_schemas.silence import scope_of
from cbrn_schemas.topics import from_topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.desk.accounts import Account
    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.duties import DutyState
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.events.foreign import Original
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.silence import Silence

log = structlog.get_logger(__name__)

READ_WITHIN_S: Final = 4.0
LOOKED_BACK: Final = timedelta(hours=1)
"""Before a document was received: clocks differ."""
BOOKS_MAX: Final = 20
"""Rule books kept, some megabytes each: a year has a few."""


class KafkaBus:
    """The bus, as a desk asks it. `all_bodies`: whether it may read the bus's own topics."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], *, all_bodies: bool) -> None:
        self._settings, self._clock, self._all = settings, clock, all_bodies
        self._books: dict[str, RuleBook | None] = {}

    async def duties(self, situation: str) -> tuple[DutyState, ...] | None:
        """Return the duties of a situation; None where they are not read here, or could not be in time."""
        if not self._all:
            return None
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                found = await duties_of(self._settings, situation)
        except (TimeoutError, BusError) as error:
            log.warning("duties are not shown", situation=situation, error=str(error))
            return None
        return None if isinstance(found, BusError) else tuple(found.known)

    async def book(self, digest: str) -> RuleBook | None:
        """Return the rule book that decided; None where it is not at hand."""
        if digest not in self._books:
            try:
                async with asyncio.timeout(READ_WITHIN_S):
                    shipped = await asyncio.to_thread(national_rulebook)
                    found = await book_that_decided(self._settings, digest, shipped, own=not self._all)
            except (TimeoutError, BusError) as error:
                log.warning("a rule book is not at hand", digest=digest, error=str(error))
                return None
            self._books[digest] = found
            while len(self._books) > BOOKS_MAX:
                del self._books[next(iter(self._books))]
        return self._books[digest]

    async def original(self, partner: str, original: Original) -> bytes | None:
        """Return what a partner sent, byte for byte; None where it is no longer there, or is another by now.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        topic = from_topic(self._settings.realm, partner, "originals")
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                # Where a partner writes its own topic, it says itself when: by its clock.
                for since in (original.received - LOOKED_BACK, None):
                    async with aclosing(existing(self._settings, topic, since=since)) as records:
                        async for record in records:
                            if is_original(record, original):
                                return record.value
        except TimeoutError:
            raise BrokerUnreachableError(
                f"{topic} was not read within {READ_WITHIN_S:.0f} s", "Look whether the brokers run, and at the line."
            ) from None
        return None

    async def silence(self, body: str, situation: str, *, by: str, reason: str, lasts: timedelta) -> Silence:
        """Declare a silence of one situation.

        Raises:
            SilenceError: it cannot be declared so.
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        now, scope = self._clock(), scope_of({"situation": situation})
        fields = {"author": by, "reason": reason, "created": now, "starts": now, "expires": now + lasts}
        silence, _ = await declaring.declare(self._settings, body, scope, fields)
        return silence

    async def release(self, duty: str, account: Account, note: str | None) -> DutyState:
        """Decide that a duty's draft is released; raises as `duties.release` does."""
        return await release(self._settings, duty, _person(account), now=self._clock(), note=note)

    async def settle(self, duty: str, account: Account, note: str) -> DutyState:
        """Decide that a duty was answered; raises as `duties.answer` does."""
        return await answer(self._settings, duty, _person(account), now=self._clock(), note=note)


def is_original(record: Bytes, original: Original) -> bool:
    """Tell whether a record is the very document of which an event was made: by its bytes, whatever it is called."""
    return sha256(record.value or b"").hexdigest() == original.digest


def _person(account: Account) -> Person:
    """Return who decides: a name that nobody can verify, as at a terminal without a key."""
    return Person(account.shown, account.body)

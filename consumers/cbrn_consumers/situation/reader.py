"""A situation from Kafka: its own partition of what was told, receipts, its duties, the book that decided. Thin."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbrn_consumers.duties import Log, duties_topic
from cbrn_consumers.rulebooks.finding import DIGEST_PREFIX, BookNotFoundError, find_book
from cbrn_consumers.situation.overview import overview
from cbrn_consumers.standing.reader import read_situation
from cbrn_routing.activation import Trust
from cbrn_routing.bus.errors import NotAuthorizedError, UnknownTopicError
from cbrn_routing.bus.read import existing
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from cbrn_consumers.situation.overview import Overview
    from cbrn_consumers.standing.reader import Read
    from cbrn_routing.duties import DutyState
    from cbrn_routing.rulebook import RuleBook
    from cbrn_schemas.settings import Settings


async def read_overview(settings: Settings, situation: str, body: str | None = None) -> tuple[Overview | None, Read]:
    """Read all that the bus holds of a situation; with `body` only that body's own topics.

    The overview is None where nobody, or not this body, was told of it; what was met instead is in what was read.

    Raises:
        UnknownTopicError: there is no topic of any body.
        TrustFileError: the trust file cannot be used.
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    own = body is not None
    read, log, shipped = await asyncio.gather(
        read_situation(settings, situation, [body] if body is not None else None),
        _log_of(settings, situation, own=own),
        asyncio.to_thread(national_rulebook),  # a fifth of a second, while the network is waited for
    )
    duties = _known(log, read)
    book = None if read.latest is None else await book_that_decided(settings, read.latest.rulebook, shipped, own=own)
    return overview(read, situation, datetime.now(UTC), body=body, book=book, duties=duties), read


async def _log_of(settings: Settings, situation: str, *, own: bool) -> Log | BusError | None:
    """Read the duties of one situation: their records have its name before the rule's in their keys.

    None for a body: they stand on a topic of the bus.
    """
    return None if own else await duties_of(settings, situation)


async def duties_of(settings: Settings, situation: str) -> Log | BusError:
    """Read the duties of one situation, which stand on a topic of the bus; the error where they may not be read.

    Raises:
        TrustFileError: the trust file cannot be used.
        BrokerUnreachableError: see `cbrn_consumers.errors`.
    """
    log, prefix = Log(settings.realm, Trust.read(settings.rulebook_signers)), f"{situation}/".encode()
    try:
        async with aclosing(existing(settings, duties_topic(settings.realm))) as records:
            async for record in records:
                if record.key is not None and record.key.startswith(prefix):
                    log.take([record])
    except (UnknownTopicError, NotAuthorizedError) as error:
        return error
    log.left_out.tell()
    return log


def _known(log: Log | BusError | None, read: Read) -> list[DutyState] | None:
    if isinstance(log, BusError):
        read.warn(f"duties to others are not shown: {log}")
        return None
    return None if log is None else log.known


async def book_that_decided(settings: Settings, digest: str, shipped: RuleBook, *, own: bool) -> RuleBook | None:
    """Find the book that decided: the one shipped with this program, or, for the bus's officer, one on the bus."""
    if not DIGEST_PREFIX.fullmatch(digest):
        return None
    if shipped.digest.startswith(digest):
        return shipped
    if not own:
        with suppress(BookNotFoundError, UnknownTopicError, NotAuthorizedError):
            return (await find_book(digest, settings)).book
    return None

"""Looking at what a body receives, without taking part: no group, so nothing is consumed and nobody is disturbed."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbrn_consumers.alert import Alert, Origin, read_alert
from cbrn_routing.bus.read import existing, follow
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.errors import InvalidEventError
from cbrn_schemas.topics import Lane, to_topic

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from cbrn_schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that this version does not understand."""

    origin: Origin
    error: InvalidEventError
    value: bytes | None


async def tail(
    settings: Settings,
    body: str,
    lane: Lane = Lane.INCIDENTS,
    *,
    from_beginning: bool = False,
    until_now: bool = False,
    count: int | None = None,
) -> AsyncGenerator[Alert | Unreadable]:
    """Yield what `body` is told on a lane, as it comes.

    `from_beginning` starts with the oldest that Kafka holds; `until_now` gives what is there and ends (it implies
    `from_beginning`); `count` ends after so many.

    Raises:
        UnknownCodeError: the body is not in the catalogue.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    topic = to_topic(settings.realm, body_of(body).code, lane.delivery)
    records = existing(settings, topic) if until_now else follow(settings, topic, from_beginning=from_beginning)
    seen = 0
    async with aclosing(records):
        async for record in records:
            if count is not None and seen >= count:
                return
            seen += 1
            try:
                yield read_alert(record)
            except InvalidEventError as error:
                yield Unreadable(Origin.of(record), error, record.value)
            if seen == count:
                return

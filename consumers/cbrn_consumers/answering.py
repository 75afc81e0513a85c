"""What a body answers, onto the bus: a receipt on the body's own topic, confirmed by every copy of the log.

    async with Answers("moh", bootstrap_servers="kafka1:9092") as answers:
        await answers.accept(alert, by="Duty officer Asanov")

An alert that a feed hands over has such answers of its own (`await alert.accept(by=...)`). An answer that is given
again in the same words is the same receipt and counts once, so a handler that is tried again does no harm.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from cbrn_consumers.alert import Origin
from cbrn_consumers.own_topic import OwnTopic
from cbrn_consumers.standing import Answer
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.receipt import ReceiptError, give, receipts_topic, record_of
from cbrn_schemas.records import broker_time
from cbrn_schemas.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbrn_consumers.alert import Alert
    from cbrn_schemas.receipt import Act, Receipt
    from cbrn_schemas.topics import Realm


def receipt_for(alert: Alert, act: Act, *, realm: Realm, body: str, at: datetime, **said: Any) -> Receipt:
    """Make the receipt of an answer to an alert; without an `id` it gets one that follows from what is said.

    Raises:
        ReceiptError: it cannot be given so; or the alert is of the bus itself, and no situation.
    """
    seen = alert.answerable
    if seen is None:
        raise ReceiptError(
            f"{alert.id} is a {alert.event.kind}, which has no situation to answer for",
            where="situation",
            hint="Answer incidents; what the bus itself reports is done with by what it says is to be done.",
        )
    fields = {name: value for name, value in said.items() if value is not None}
    if "id" not in fields:
        words = [realm, body, act, alert.situation, *map(str, alert.identity), *sorted(map(str, fields.items()))]
        fields["id"] = f"{body}.{blake2b(json.dumps(words).encode(), digest_size=10).hexdigest()}"
    return give(
        realm=realm, body=body, situation=alert.situation, act=act, event=seen, level=alert.level, at=at, **fields
    )


class Answers:
    """A body's way to answer. It connects with the first answer; to be closed, or used as a context."""

    def __init__(
        self,
        body: str,
        *,
        bootstrap_servers: str | None = None,
        realm: Realm | None = None,
        settings: Settings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the `body` that answers, by its code.

        Raises:
            UnknownCodeError: the body is not in the catalogue.
        """
        given: dict[str, Any] = {"bootstrap_servers": bootstrap_servers, "realm": realm}
        self._settings = (settings or Settings()).model_copy(update={k: v for k, v in given.items() if v is not None})
        self._body = body_of(body).code
        self._topic = OwnTopic(self._settings, receipts_topic(self._settings.realm, self._body))
        self._clock = clock

    async def __aenter__(self) -> Self:
        """Wait with connecting until there is something to say."""
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection, if there is one."""
        await self._topic.close()

    async def acknowledge(self, alert: Alert, *, by: str, note: str | None = None) -> Answer:
        """Say that a person has the alert; return once Kafka holds it.

        Raises:
            ReceiptError: it cannot be said so: `where`.
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        return await self.say(alert, "acknowledged", by=by, text=note)

    async def accept(self, alert: Alert, *, by: str, note: str | None = None) -> Answer:
        """Say that the body acts on it; else as `acknowledge`."""
        return await self.say(alert, "accepted", by=by, text=note)

    async def decline(self, alert: Alert, *, by: str, reason: str, note: str | None = None) -> Answer:
        """Say that the body does not act on it, and why; else as `acknowledge`."""
        return await self.say(alert, "declined", by=by, reason=reason, text=note)

    async def say(self, alert: Alert, act: Act, *, by: str, **said: Any) -> Answer:
        """Answer with any act; `said` are further fields of the receipt. A person may say the same again: give an `id`.

        Raises as `acknowledge` does.
        """
        realm = self._settings.realm
        return await self.write(receipt_for(alert, act, realm=realm, body=self._body, at=self._clock(), by=by, **said))

    async def write(self, receipt: Receipt) -> Answer:
        """Write a receipt, and return it as the broker has it.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        seen = f"It may have arrived: see `cbrn standing {receipt.situation}`. To answer again does no harm."
        (stored,) = await self._topic.write(record_of(receipt), unsure=seen)
        at = broker_time(stored.timestamp or -1, stored.timestamp_type, receipt.at)
        return Answer(receipt, Origin(stored.topic, stored.partition, stored.offset, at))

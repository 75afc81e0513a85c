"""A body's watch on the bus: what its topic says, read whole; and one more fact, confirmed by every copy of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.rota.log import ShiftLog
from cbrn_routing.bus.read import read_all
from cbrn_routing.bus.write import write_record
from cbrn_schemas.catalogue.bodies import body as body_of
from cbrn_schemas.shift import record_of, shifts_topic

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.shift import ShiftFact


async def read_log(settings: Settings, body: str) -> ShiftLog:
    """Read what a body has said of its watch, as far as Kafka still holds it.

    Raises:
        UnknownCodeError: the body is not in the catalogue.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    code = body_of(body).code
    return ShiftLog.of(code, settings.realm, await read_all(settings, shifts_topic(settings.realm, code)))


async def publish_fact(settings: Settings, fact: ShiftFact) -> None:
    """Write a fact about a watch.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    unsure = "See with `cbrn shift now` whether it counts before you say it again; twice does no harm."
    await write_record(settings, shifts_topic(settings.realm, fact.body), record_of(fact), unsure=unsure)

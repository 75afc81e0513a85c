"""A silence, or its early end, onto the bus: one record in the body's own topic, confirmed by every copy of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_routing.bus.write import write_record
from cbrn_schemas.silence import record_of, silences_topic

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.silence import SilenceRecord


async def publish_silence(settings: Settings, said: SilenceRecord) -> None:
    """Write a silence or its end.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    unsure = "See with `cbrn silence list` whether it counts before you declare it again."
    await write_record(settings, silences_topic(settings.realm, said.body), record_of(said), unsure=unsure)

"""A silence, or its early end, onto the bus: one record in the body's own topic, confirmed by every copy of the log."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.read import check_topics, explained
from cbrn_schemas.silence import record_of, silences_topic

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.silence import SilenceRecord

WRITE_WITHIN_S: Final = 15.0
STOP_WITHIN_S: Final = 5.0


async def publish_silence(settings: Settings, said: SilenceRecord) -> None:
    """Write a silence or its end.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    topic = silences_topic(settings.realm, said.body)
    await check_topics(settings, [topic])
    key, headers, value = record_of(said)
    producer = AIOKafkaProducer(**settings.connection(), acks="all", enable_idempotence=True)
    try:
        async with asyncio.timeout(WRITE_WITHIN_S):
            await producer.start()
            await producer.send_and_wait(topic, value, key=key, headers=headers)
    except KafkaError as error:
        raise explained(error, topic, settings) from error
    except TimeoutError:
        raise BrokerUnreachableError(
            f"the silence was not confirmed within {WRITE_WITHIN_S:g} s",
            hint="See with `cbrn silence list` whether it counts before you declare it again.",
        ) from None
    finally:
        with suppress(TimeoutError, KafkaError):
            await asyncio.wait_for(producer.stop(), STOP_WITHIN_S)

"""FastStream, told everything that its defaults would get wrong for alerts.

Its own choices are: acknowledge first, start with the latest, read what is not committed, create missing topics, decode
every header and body or drop the record. None of them may hold here.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from cbrn_routing.bus.header_names import forgive_header_names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from faststream.kafka import KafkaMessage

    from cbrn_schemas.settings import Settings

POLL_INTERVAL_MAX_MS: Final = 600_000
"""Longer than the slowest alert may take (4 attempts of 60 s and 21 s of pauses), or Kafka would give it to another."""
RECORDS_MAX: Final = 1_000
"""Of one batch; after a crash all of it may come again. Smaller ones wait longer for Kafka to hear that they are done
than they take."""
LOOK_EVERY_MS: Final = 20
"""FastStream waits once more for so long where nothing has come for so long: an alert may wait for it."""
GRACEFUL_S: Final = 30.0
"""Time for a running handler to end when the feed stops; one that is cut off gets its alert again."""


def _in_one_line(record: logging.LogRecord) -> bool:
    """Take the traceback from an error of Kafka that comes every few seconds: why, and what to do, stands beside it."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, KafkaError):
        record.msg, record.args = f"{record.getMessage()}: {error}", ()
        record.exc_info = record.exc_text = None
    return True


broker_log = logging.getLogger("cbrn.faststream")
"""FastStream's lines. Not below `faststream`: that logger gets a handler and a level of its own with the import, and
passes nothing on."""
# That topics are not created is meant so: whoever begins to read says which are missing.
broker_log.addFilter(lambda record: not record.getMessage().startswith("Auto create topics is disabled"))
broker_log.addFilter(_in_one_line)


def alert_broker(settings: Settings, group: str) -> KafkaBroker:
    """Make a broker that only reads: the user needs no right to write, and no topic is ever created."""
    forgive_header_names()
    connection = settings.connection()
    return KafkaBroker(
        connection["bootstrap_servers"],
        security=_security(connection),
        client_id=group,
        request_timeout_ms=connection["request_timeout_ms"],
        metadata_max_age_ms=connection["metadata_max_age_ms"],
        consumer_only=True,
        allow_auto_create_topics=False,
        acks="all",
        enable_idempotence=True,
        graceful_timeout=GRACEFUL_S,
        ack_policy=AckPolicy.MANUAL,
        logger=broker_log,
        log_level=logging.DEBUG,  # two lines a batch, which say what it did
    )


def subscribe(broker: KafkaBroker, topic: str, group: str, receive: Callable[[KafkaMessage], Awaitable[None]]) -> None:
    """Give `receive` every record of the topic, many at a time, in order and raw; it acknowledges them itself."""
    subscriber = broker.subscriber(
        topic,
        batch=True,
        max_records=RECORDS_MAX,
        batch_timeout_ms=LOOK_EVERY_MS,
        group_id=group,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_poll_interval_ms=POLL_INTERVAL_MAX_MS,
        no_reply=True,
        parser=parse_raw,
        decoder=decode_raw,
    )
    subscriber(receive)


def _security(connection: dict[str, Any]) -> BaseSecurity | None:
    context = connection.get("ssl_context")
    if context is None:
        return None
    if "sasl_mechanism" in connection:
        return SASLScram512(
            connection["sasl_plain_username"], connection["sasl_plain_password"], ssl_context=context, use_ssl=True
        )
    return BaseSecurity(ssl_context=context, use_ssl=True)


async def parse_raw(records: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    """Make FastStream's message without headers: it would decode each as UTF-8 and drop the batch where one is not.

    It is shown the first record alone: what it makes of the others nobody asks for.
    """
    message = await original((replace(records[0], headers=()),))
    message.raw_message = records
    return message


async def decode_raw(message: Any) -> Any:
    """Return the body as it is: FastStream would parse JSON, and drop the batch where it cannot."""
    return message.body

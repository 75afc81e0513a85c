"""A topic of a body's own, as a program of that body writes it again and again: answers, notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError

from cbrn_producers.connection import Connection
from cbrn_producers.outgoing import Outgoing
from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import told

if TYPE_CHECKING:
    from aiokafka.structs import RecordMetadata

    from cbrn_schemas.envelope import Header
    from cbrn_schemas.settings import Settings

CONNECT_WITHIN_S: Final = 15.0
WRITE_WITHIN_S: Final = 15.0


class OwnTopic:
    """A way to write one topic. It connects with the first record, and anew after one that was not confirmed."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._connection = Connection(settings, client_id=name, topics=[name], connect_within_s=CONNECT_WITHIN_S)

    async def write(self, *records: tuple[bytes, list[Header], bytes], unsure: str) -> list[RecordMetadata]:
        """Write keys, headers and values; return once every copy of the log has them; `unsure` is said if it may not.

        Raises:
            BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
        """
        producer = await self._connection.producer()
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                futures = [
                    await self._connection.send(producer, Outgoing(key.decode(), self.name, key, value, headers))
                    for key, headers, value in records
                ]
                taken: list[RecordMetadata] = await asyncio.gather(*map(asyncio.shield, futures))
                return taken
        except (KafkaError, TimeoutError) as error:
            await self._connection.discard(producer)
            if isinstance(error, KafkaError) and not error.retriable:
                raise await told(error, self.name, self._settings, "write") from error
            servers = self._settings.bootstrap_servers
            raise BrokerUnreachableError(f"{servers} did not confirm it", hint=unsure) from error

    async def close(self) -> None:
        """Close the connection, if there is one."""
        await self._connection.close()

"""How far the programs of bodies have taken their alerts off the bus: what their consumer groups have committed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.explaining import explained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka import TopicPartition

    from cbrn_schemas.settings import Settings

ASK_WITHIN_S: Final = 15.0


async def committed_by(
    settings: Settings, bodies: Mapping[str, str], partitions: Mapping[str, Sequence[TopicPartition]]
) -> dict[tuple[str, int], int]:
    """Return the furthest offset that any group of a topic's body has committed, by topic and partition.

    A group is a body's by its name, `<realm>.to.<body>.<name>`, as a feed's is.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    owners = {f"{settings.realm}.to.{bodies[topic]}.": topic for topic in partitions}
    admin = AIOKafkaAdminClient(**settings.connection())
    found: dict[tuple[str, int], int] = {}
    try:
        async with asyncio.timeout(ASK_WITHIN_S):
            await admin.start()
            for group, *_ in await admin.list_consumer_groups():
                topic = next((owners[prefix] for prefix in owners if group.startswith(prefix)), None)
                if topic is None:
                    continue
                offsets = await admin.list_consumer_group_offsets(group, partitions=list(partitions[topic]))
                for one, known in offsets.items():
                    place = one.topic, one.partition
                    found[place] = max(found.get(place, 0), known.offset)
    except GroupAuthorizationFailedError as error:
        raise explained(error, "the groups of bodies", settings) from None
    except (KafkaError, TimeoutError) as error:
        raise BrokerUnreachableError(f"{settings.bootstrap_servers} did not say who has read what ({error})") from error
    finally:
        await admin.close()
    return found

"""One process a body: a second one waits until the first is gone.

New alerts the group would share out. But what is pending would be sent by both, and a reply that comes in over the line
of one would name a code that only the other has sent: it would count for nothing.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, for_code

from cbrn_routing.bus.errors import BrokerUnreachableError
from cbrn_routing.bus.read import explained

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings

ASK_WITHIN_S: Final = 15.0
ASK_EVERY_S: Final = 1.0
MEMBERS: Final = 5
"""Where Kafka's description of a group lists them."""

log = structlog.get_logger(__name__)


async def wait_until_alone(settings: Settings, group: str) -> None:
    """Wait until nobody is in a group. Of one that was killed, Kafka knows it after ten seconds.

    Two that ask within the same moment are not told apart.

    Raises:
        BrokerUnreachableError, NotAuthorizedError: see `cbrn_routing.bus.errors`.
    """
    admin = AIOKafkaAdminClient(**settings.connection())
    waiting = False
    try:
        async with asyncio.timeout(ASK_WITHIN_S):
            await admin.start()
        while await _members(admin, group):
            if not waiting:
                log.warning("another process tells this body's officers: waiting until it has ended", group=group)
            waiting = True
            await asyncio.sleep(ASK_EVERY_S)
    except GroupAuthorizationFailedError as error:
        raise explained(error, group, settings) from None
    except (KafkaError, TimeoutError) as error:
        raise BrokerUnreachableError(
            f"{settings.bootstrap_servers} did not say who is in the group {group} ({error})",
            hint="Look whether the broker runs, then start again.",
        ) from error
    finally:
        await admin.close()


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    """Count the members of a group, as soon as the broker can say: a new one cannot at once."""
    async with asyncio.timeout(ASK_WITHIN_S):
        while True:
            try:
                answers: list[Any] = await admin.describe_consumer_groups([group])
                groups = [each for answer in answers for each in answer.groups]
                for code, *_ in groups:
                    if code:
                        raise for_code(code)(group)
            except KafkaError as error:
                if not error.retriable:
                    raise
                await asyncio.sleep(ASK_EVERY_S)
            else:
                return sum(len(each[MEMBERS]) for each in groups)

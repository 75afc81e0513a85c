"""The bus of one machine ends credentials whose time is over, so that a rotation ends without anybody's remembering it.

It is the one process that has a right to: whoever runs `cbrn up` owns the broker, and its file of who gives rights.
"""

# ruff: noqa: PLC0415 - the client of Kafka's admin protocol takes half a second, while the JVM starts anyway

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_schemas.topics import Realm

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 600.0
"""A credential that was replaced works so much longer than was said, at most (`docs/access.md`)."""
BY: Final = "cbrn up"


async def end_what_is_over(settings: Settings, *, every_s: float = LOOK_EVERY_S) -> None:
    """Look at once and then again and again, in both realms, until cancelled. `settings` are those of the admin."""
    while True:
        for realm in Realm:
            await _end(settings.model_copy(update={"realm": realm}))
        await asyncio.sleep(every_s)


async def _end(settings: Settings) -> None:
    from cbrn_deploy.provisioning.access.ending import end_overdue

    try:
        ended = await end_overdue(settings, BY, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - the broker may be on its way up again; and the bus goes on whatever it was
        hint = getattr(error, "hint", None)
        log.warning("credentials whose time is over could not be ended", why=str(error), hint=hint)
        return
    if ended:
        log.info("credentials whose time was over have ended", principals=list(ended), realm=settings.realm.value)

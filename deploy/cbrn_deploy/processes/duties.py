"""The composition root of the clerk of duties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.duties import Clerk, ClerkOptions
from cbrn_deploy.processes.living import live

if TYPE_CHECKING:
    from cbrn_schemas.settings import Settings


async def run_clerk(settings: Settings) -> None:
    """Run the clerk until SIGTERM or SIGINT.

    Raises:
        BusError: it cannot begin or go on, for instance since topics are missing or another clerk took over.
    """
    clerk = Clerk(ClerkOptions(settings))

    def facts() -> dict[str, object]:
        return {"realm": settings.realm.value, "duties": len(clerk.log.known)}

    # It waits for a broker for as long as that may take.
    await live(clerk, "clerk of duties", facts, cancel_unready=True)

"""The composition root of the clerk of duties and of the keeper of the quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.processes.living import live

if TYPE_CHECKING:
    from cbrn_consumers.keeping import Keeper


async def run_keeper(keeper: Keeper) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: it cannot begin or go on, for instance since topics are missing or another one took over.
    """

    def facts() -> dict[str, object]:
        return {"realm": keeper.settings.realm.value, **keeper.facts}

    # It waits for a broker for as long as that may take.
    await live(keeper, keeper.name, facts, keeper.settings, cancel_unready=True)

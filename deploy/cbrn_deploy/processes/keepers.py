"""The composition root of the clerk of duties, and of the keepers of the quarantine and of partners."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cbrn_consumers.duties import Clerk
from cbrn_deploy.processes.catalogue import Follower, begin
from cbrn_deploy.processes.living import live
from cbrn_schemas.topics import Lane, from_topic, to_topic

if TYPE_CHECKING:
    from cbrn_consumers.keeping import Keeper
    from cbrn_schemas.topics import Realm

PARTNERS = "partners"
"""Role of the keeper of partners, which needs more than a bus without partners has."""


async def run_keeper(keeper: Keeper) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: it cannot begin or go on, for instance since topics are missing or another one took over.
        StartAgain: the catalogue has changed.
    """
    names = partial(_topics_of, keeper.role, keeper.settings.realm)
    await begin(keeper.settings, names)

    def facts() -> dict[str, object]:
        return {"realm": keeper.settings.realm.value, **keeper.facts}

    # It waits for a broker for as long as that may take.
    await live(
        keeper, keeper.name, facts, keeper.settings, cancel_unready=True, catalogue=Follower(keeper.settings, names)
    )


def _topics_of(role: str, realm: Realm, code: str, publishes: bool, receives: bool) -> list[str]:  # noqa: FBT001 - see `Names`
    """Name the topics of a body that a keeper writes; the topics of decisions it looks for itself, again and again."""
    if role == PARTNERS:
        return [to_topic(realm, code, stream) for stream in ("alerts", "copies")] if receives else []
    if role == Clerk.role:
        return [to_topic(realm, code, "alerts")] if receives else []
    return [from_topic(realm, code, lane.value) for lane in Lane] if publishes else []

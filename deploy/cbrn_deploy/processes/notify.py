"""The composition root of the process that tells a body's officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.notify import read_servers
from cbrn_consumers.notify.service import NotifyService
from cbrn_deploy.processes.catalogue import Follower
from cbrn_deploy.processes.living import live

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_schemas.settings import Settings


async def run_notify(settings: Settings, body: str, servers: Path) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: a file cannot be read, topics are missing, or an alert can neither be written down nor parked.
        StartAgain: the catalogue has changed.
    """
    service = NotifyService(settings, body, read_servers(servers))

    def facts() -> dict[str, object]:
        return {"realm": settings.realm.value, **service.facts}

    await live(service, "notify", facts, settings, cancel_unready=True, catalogue=Follower(settings))

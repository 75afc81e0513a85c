"""The composition root of the process that tells a body's officers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.notify import Servers, read_private
from cbrn_consumers.notify.service import NotifyService
from cbrn_deploy.processes.living import live
from cbrn_schemas.errors import BusError
from cbrn_schemas.officers import Officers

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_schemas.settings import Settings


class OtherBodyError(BusError):
    """The list of officers is another body's."""

    bad_input = True


async def run_notify(settings: Settings, body: str, officers: Path, servers: Path) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: a file cannot be read, topics are missing, or an alert can neither be written down nor parked.
    """
    listed = read_private(officers, Officers)
    if listed.body != body:
        raise OtherBodyError(
            f"{officers} lists the officers of {listed.body}, not of {body}", hint="Give its own list."
        )
    service = NotifyService(settings, body, lambda: listed.officers, read_private(servers, Servers))

    def facts() -> dict[str, object]:
        return {"realm": settings.realm.value, **service.facts}

    await live(service, "notify", facts, cancel_unready=True)

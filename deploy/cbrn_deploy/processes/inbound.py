"""The composition root of the way in for partners' documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.processes.catalogue import Follower
from cbrn_deploy.processes.living import live
from cbrn_producers.inbound.config import read_file, terms_of
from cbrn_producers.inbound.service import Inbound
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.rulebook.eras import local_day

if TYPE_CHECKING:
    from pathlib import Path

    from cbrn_schemas.settings import Settings


async def run_inbound(settings: Settings, file: Path, folder: Path | None) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: the file or a certificate cannot be read, the folder is none, or it cannot begin at the bus.
        StartAgain: the catalogue has changed.
    """
    given = read_file(file)
    terms = terms_of(given, file.parent, settings.agreements, local_day(utc_now()))
    service = Inbound(settings, given, terms, file.parent, folder)

    def facts() -> dict[str, object]:
        return {"realm": settings.realm.value, **service.facts}

    await live(service, "inbound", facts, settings, cancel_unready=True, catalogue=Follower(settings))

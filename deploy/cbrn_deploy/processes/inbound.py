"""The composition root of the way in for partners' documents.

A changed file of partners, agreement or certificate is taken by beginning anew, as a changed catalogue is: what was
fetched and said is known again, and nothing is lost. A mistake in one leaves the former in use, and is told of.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, NamedTuple

import structlog

from cbrn_deploy.processes.catalogue import LOOK_EVERY_S, Follower
from cbrn_deploy.processes.living import live
from cbrn_producers.inbound.config import read_file, terms_of
from cbrn_producers.inbound.service import Inbound
from cbrn_routing.bus.clock import utc_now
from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.sharing import Agreements
from cbrn_schemas.catalogue.own import own
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from cbrn_producers.inbound.config import InboundFile
    from cbrn_producers.inbound.terms import Terms
    from cbrn_schemas.catalogue.own import Own
    from cbrn_schemas.settings import Settings

log = structlog.get_logger(__name__)


class Given(NamedTuple):
    """On which terms documents are taken in."""

    file: InboundFile
    terms: dict[str, Terms]
    digest: str
    """Of all that they are made of: the file, certificates, and the agreements in force on the day."""
    paths: tuple[Path, ...]
    """Where that stands."""


def read_given(file: Path, agreements: Path | None, now: datetime) -> Given:
    """Read the terms on which documents are taken in.

    Raises:
        BusError: the file, a certificate or an agreement cannot be read.
    """
    read, on = read_file(file), local_day(now)
    terms = terms_of(read, file.parent, agreements, on)
    named = [partner.trusted for partner in read.partners.values()] + [feed.authorities for feed in read.feeds]
    paths = [file, *(file.parent / name for name in named if name is not None)]
    agreed: list[str] = []
    if agreements is not None:
        for each in (one for one in Agreements.read(agreements) if one.in_force(on)):
            agreed.append(each.digest)
            paths += [agreements / name for name in each.signatures.certificates]
    parts = [*map(str.encode, agreed), *(path.read_bytes() for path in paths)]
    digest = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in parts)).hexdigest()
    return Given(read, terms, digest, tuple(paths))


class TermsFollower(Follower):
    """Whoever looks whether other terms are to be taken, beside another catalogue."""

    def __init__(
        self,
        settings: Settings,
        file: Path,
        given: Given,
        clock: Callable[[], datetime] = utc_now,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Take the terms in use."""
        super().__init__(settings, every_s=every_s)
        self._file, self._in_use, self._clock = file, given, clock

    async def news(self) -> Own:
        """Wait until either is to be taken."""
        looking = [asyncio.create_task(each) for each in (super().news(), self._other_terms())]
        try:
            done, _ = await asyncio.wait(looking, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        finally:
            for each in looking:
                each.cancel()
        return own()

    async def _other_terms(self) -> None:
        seen, looked = None, False
        while True:
            await asyncio.sleep(self._every_s)
            now = await asyncio.to_thread(self._stamp)
            if now != seen:
                seen, looked = now, False  # somebody may still be at it
            elif not looked:
                looked = True
                if await asyncio.to_thread(self._is_other):
                    return

    def _stamp(self) -> tuple[object, ...]:
        """Return what changes whenever a file does, or the day, by which agreements come into force."""
        folder = self._settings.agreements
        beside = [] if folder is None else [folder, *sorted(folder.glob("*"))]
        found: list[object] = [local_day(self._clock())]
        for path in (*self._in_use.paths, *beside):
            try:
                it = path.stat()
                found.append((path.name, it.st_ino, it.st_size, it.st_mtime_ns, it.st_mode))
            except OSError as error:
                found.append(error.errno)
        return tuple(found)

    def _is_other(self) -> bool:
        try:
            given = read_given(self._file, self._settings.agreements, self._clock())
        except (BusError, OSError) as error:
            hint = getattr(error, "hint", "") or "Give this process the right to read it."
            said = "the file of partners or an agreement is not taken: what was in use stays"
            log.warning(said, why=str(error), hint=hint)
            return False
        if given.digest != self._in_use.digest:
            log.info("other terms for partners' documents are taken", terms=given.digest[:12])
        return given.digest != self._in_use.digest


async def run_inbound(settings: Settings, file: Path, folder: Path | None) -> None:
    """Run it until SIGTERM or SIGINT.

    Raises:
        BusError: the file or a certificate cannot be read, the folder is none, or it cannot begin at the bus.
        StartAgain: the catalogue has changed, or the terms on which documents are taken in.
    """
    given = read_given(file, settings.agreements, utc_now())
    service = Inbound(settings, given.file, given.terms, file.parent, folder)

    def facts() -> dict[str, object]:
        return {"realm": settings.realm.value, "terms": given.digest[:12], **service.facts}

    follower = TermsFollower(settings, file, given)
    await live(service, "inbound", facts, settings, cancel_unready=True, catalogue=follower)

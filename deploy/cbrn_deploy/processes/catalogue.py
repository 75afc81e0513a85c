"""A process takes a changed catalogue (`CBRN_CATALOGUE`) by beginning anew: it ends as on SIGTERM, then runs again.

Everything that was worked out from the former catalogue (topics, matchers, maps, indexes) is gone with it, and nothing
is lost: a router has committed what it had in hand. The process keeps its number, its parent and its log.

A folder with a fault changes nothing, and is told of once. One whose bodies have no topics yet waits for them: a router
must not be held up for all bodies by one that was not finished. At a start, such bodies are left out, which is said.
"""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_deploy.processes.beginning_anew import StartAgain
from cbrn_routing.bus.read import there
from cbrn_routing.rulebook.eras import local_day
from cbrn_schemas.catalogue import own as catalogue
from cbrn_schemas.catalogue.own import WITHOUT_TOPICS, Own, own
from cbrn_schemas.errors import BusError
from cbrn_schemas.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cbrn_schemas.settings import Settings

    Names = Callable[[str, bool, bool], Iterable[str]]
    """Of a body, whether it publishes and whether it is told, to the topics without which the process cannot work."""

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 2.0
"""A folder is taken when it has lain there unchanged from one look to the next: not while somebody copies into it."""
TOPICS_WITHIN_S: Final = 10.0
APPLY: Final = (
    "Run `cbrn topics apply` and `cbrn access apply` with the same CBRN_CATALOGUE (`cbrn up` does so by itself): this "
    "process takes them then."
)


class Follower:
    """Whoever looks at the folder while the process works."""

    def __init__(self, settings: Settings, names: Names | None = None, every_s: float = LOOK_EVERY_S) -> None:
        """Take the catalogue in use; without `names` no topics are waited for."""
        self._settings, self._names, self._every_s = settings, names, every_s
        self._digest, self._codes = own().digest, own().codes
        self._without = _left_out()
        self._told: object = None
        """What was said last of a folder that is not taken."""

    async def news(self) -> Own:
        """Wait until another catalogue is to be taken; until the end where the installation has none."""
        folder = await asyncio.to_thread(catalogue.folder_named)
        if folder is None:
            await asyncio.Event().wait()
            raise AssertionError  # nobody sets it
        seen, looked = await asyncio.to_thread(stamp, folder), False
        while True:
            await asyncio.sleep(self._every_s)
            now = await asyncio.to_thread(stamp, folder)
            if now != seen:
                seen, looked = now, False
                continue  # somebody may still be at it
            if looked and not self._waits:
                continue
            looked = True
            found = await asyncio.to_thread(catalogue.read_folder, folder)
            if await self._wanted(found):
                self._digest, self._codes, self._told = found.digest, found.codes, None
                return found

    @property
    def _waits(self) -> bool:
        """Tell whether topics are waited for, which may come without any change in the folder."""
        return bool(self._without) or isinstance(self._told, frozenset)

    async def _wanted(self, found: Own) -> bool:
        if (fault := found.refused) is not None:
            self._tell_refused(fault, found)
            return False
        if found.digest == self._digest and not self._without:
            self._told = None
            return False
        if gone := self._codes - found.codes:
            self._tell_refused(_gone(gone), found)
            return False
        missing = await missing_topics(self._settings, found, self._names)
        if missing is None or (found.digest == self._digest and missing):
            return False  # of these it has been said that they are left out
        if missing:
            if self._told != missing:
                log.warning(
                    "the catalogue has changed, and topics are missing for it: the former one stays until then",
                    bodies=sorted(missing),
                    hint=APPLY,
                )
            self._told = missing
            return False
        log.info("the catalogue has changed", folder=str(found.folder), bodies=sorted(found.codes))
        return True

    def _tell_refused(self, fault: catalogue.Fault, found: Own) -> None:
        if self._told != (fault, found.digest):
            tell_refused(fault, found)
        self._told = fault, found.digest


async def changed(follower: Follower) -> None:
    """Wait until another catalogue is to be taken, whatever goes wrong while looking: the work must go on."""
    while True:
        try:
            await follower.news()
        except Exception:
            log.exception("the catalogue folder could not be looked at; report this fault")
            await asyncio.sleep(LOOK_EVERY_S)
        else:
            return


def _gone(codes: frozenset[str]) -> catalogue.Fault:
    """Return the fault that bodies are no more in the folder: a rule book in force may name them."""
    what = f"{', '.join(sorted(codes))} in use, and taken out: nobody would read what they publish"
    remedy = "Put the rows back, with the day from which a body is no more under valid_to."
    return catalogue.Fault("bodies.csv", None, "code", what, remedy)


def tell_refused(fault: catalogue.Fault, found: Own) -> None:
    """Say that the folder is not taken, and the first reason."""
    log.error(
        "the catalogue folder is not taken: what was in use stays",
        folder=str(found.folder),
        fault=str(fault),
        hint=fault.remedy,
        all="cbrn bodies check",
    )


def tell_what_is_in_use() -> None:
    """Say at a start that the folder as it lies there is not taken, where it is not."""
    found = own()
    if (fault := found.refused) is not None:
        tell_refused(fault, found)
        log.warning("the catalogue in use", source=found.source, bodies=sorted(found.codes))


def stamp(folder: Path) -> tuple[object, ...]:
    """Return what changes whenever a table does, without reading any."""
    found: list[object] = []
    for path in (folder, *(folder / name for name in catalogue.FILES)):
        try:
            it, link = path.stat(), path.lstat()
            found.append((it.st_ino, it.st_size, it.st_mtime_ns, it.st_mode, it.st_uid, link.st_ino, link.st_uid))
        except OSError as error:
            found.append(error.errno)
    return tuple(found)


async def missing_topics(settings: Settings, found: Own, names: Names | None) -> frozenset[str] | None:
    """Return the installation's own bodies some of whose topics are not there; None where nobody can say."""
    if names is None:
        return frozenset()
    today = local_day(datetime.now(UTC)).isoformat()
    wanted = {
        topic: row["code"]
        for row in found.rows.get("bodies.csv", ())
        if row["own"] == "yes" and not ("" < row["valid_to"] <= today)
        for topic in names(row["code"], row["publishes"] == "yes", row["receives"] == "yes")
    }
    if not wanted:
        return frozenset()
    try:
        async with asyncio.timeout(TOPICS_WITHIN_S):
            existing = await there(settings, wanted)
    except (BusError, TimeoutError, OSError) as error:
        log.debug("the topics of the catalogue could not be seen", why=str(error))
        return None
    return frozenset(code for topic, code in wanted.items() if topic not in existing)


async def begin(settings: Settings, names: Names) -> None:
    """Leave out those of the folder's bodies that have no topics yet.

    Raises:
        StartAgain: there are some, and they were not left out before.
    """
    found = own()
    if found.folder is None or _left_out():
        return
    missing = await missing_topics(settings, found, names)
    if missing:
        log.error(
            "bodies of the catalogue have no topics yet: they are left out, and all others served",
            bodies=sorted(missing),
            hint=APPLY,
        )
        raise StartAgain(missing)


def keep_last_good() -> None:
    """Keep the folder's content, now that the process works with it: a fault in it at the next start does no harm."""
    found, path = own(), catalogue.last_good_file()
    if found.source != "folder":
        return
    former = catalogue.kept(path)
    if former is not None and former.digest == found.digest:
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, catalogue.last_good_text(found))
    except OSError as error:
        hint = "A fault in the folder would then mean the shipped catalogue alone at the next start."
        log.warning("the catalogue in use cannot be kept", file=str(path), why=error.strerror, hint=hint)


def _left_out() -> frozenset[str]:
    return frozenset(filter(None, os.environ.get(WITHOUT_TOPICS, "").split(",")))

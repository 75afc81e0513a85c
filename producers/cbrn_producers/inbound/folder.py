"""Documents laid into a folder: `DIR/<partner>/<file>`, taken when complete, and moved to `done` or `refused`.

A file is complete when it was renamed to its name (`.part`, `.tmp` and hidden ones are not looked at), or when it is
the same at two looks. It is moved only after Kafka holds it: a crash between them takes it twice, under the same id.
"""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from cbrn_producers.inbound.config import InboundFileError
from cbrn_producers.inbound.original import DOCUMENT_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from pathlib import Path

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 1.0
FILES_MAX: Final = 500
"""Of one partner at one look; the others at the next. One that fills its folder with what never ends delays none."""
UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")
DONE, REFUSED = "done", "refused"


class _Seen(NamedTuple):
    size: int
    changed_ns: int
    inode: int


class Folder:
    """The folder that is looked at."""

    def __init__(
        self, path: Path, partners: Collection[str], take: Callable[[str, bytes, str, str], Awaitable[None]]
    ) -> None:
        """Take what writes a document: partner, bytes, content type, and where it came from.

        Raises:
            InboundFileError: there is no such folder.
        """
        if not path.is_dir():
            raise InboundFileError(f"{path} is no folder", "Make it, with a folder a partner in it: mkdir -p DIR/kz")
        self._path, self._partners, self._take = path, partners, take
        self._before: dict[Path, _Seen] = {}
        self.taken = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Look again and again until stopped."""
        while not stopping.is_set():
            await self.look()
            try:
                await asyncio.wait_for(stopping.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Take what is complete."""
        now = await asyncio.to_thread(self._there)
        complete = [path for path, seen in now.items() if self._before.get(path) == seen]
        self._before = now
        for path in complete:
            await self._take_file(path)

    def _there(self) -> dict[Path, _Seen]:
        found: dict[Path, _Seen] = {}
        for partner in sorted(self._partners):
            inside = self._path / partner
            if not inside.is_dir():
                continue
            begun = len(found)
            for entry in sorted(os.scandir(inside), key=lambda one: one.name):
                if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
                    continue
                held = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(held.st_mode):  # no link leads out of the folder, and no pipe is waited for
                    found[inside / entry.name] = _Seen(held.st_size, held.st_mtime_ns, held.st_ino)
                if len(found) - begun >= FILES_MAX:
                    break
        return found

    async def _take_file(self, path: Path) -> None:
        size = self._before.pop(path).size
        if not 0 < size <= DOCUMENT_BYTES_MAX:
            hint = f"A document has 1 to {DOCUMENT_BYTES_MAX:,} bytes. Take it out of {REFUSED}, and ask the partner."
            log.warning("a file is no document", file=path.name, bytes=size, hint=hint)
            await asyncio.to_thread(_move, path, REFUSED)
            return
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            log.warning("a file cannot be read", file=path.name, why=error.strerror)
            return
        await self._take(path.parent.name, data, "application/xml", f"folder:{path.name}")
        self.taken += 1
        await asyncio.to_thread(_move, path, DONE)


def _move(path: Path, where: str) -> None:
    """Put a file aside; one of the same name that lies there stays, and this one gets a number."""
    target = path.parent / where
    target.mkdir(exist_ok=True)
    for number in range(10_000):
        free = target / (path.name if number == 0 else f"{path.name}.{number}")
        if not free.exists():
            path.rename(free)
            return

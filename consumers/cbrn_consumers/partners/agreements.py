"""The agreements in force, read anew when their folder changes. A broken file leaves the former ones in force.

What is in force is told of once: a log that repeats itself hides what is new in it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from cbrn_routing.rulebook.eras import local_day
from cbrn_routing.sharing import MAKE_SALT, AgreementError, Agreements, guessable, read_salt
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from cbrn_routing.sharing import Agreement

log = structlog.get_logger(__name__)

_WATCHED: Final = frozenset({".yaml", ".yml", ".salt"})
_Marks = tuple[tuple[str, int, int, int], ...]


class InForce:
    """The agreements of a folder on a day."""

    def __init__(self, folder: Path | None, *, makes_names: bool = False) -> None:
        self._folder, self._makes_names = folder, makes_names
        self._agreements = Agreements()
        self._marks: _Marks | None = None
        self._day: date | None = None
        self._said: str | None = None
        self.salt = b""
        """By which opaque names are made of those of situations, so that nobody can try them."""

    def of(self, partner: str) -> Agreement | None:
        """Return the agreement with a partner that is in force; None: nothing may leave for it."""
        return None if self._day is None else self._agreements.in_force(partner, self._day)

    async def refresh(self, now: datetime) -> bool:
        """Look whether folder or day have changed; tell whether other agreements may be in force than before."""
        day = local_day(now)
        changed, self._day = day != self._day, day
        if self._folder is None:
            self._tell("no folder of agreements is given: nothing can leave, all waits", "Set CBRN_AGREEMENTS.")
            return changed
        return await asyncio.to_thread(self._read, self._folder) or changed

    def _read(self, folder: Path) -> bool:
        try:
            marks: _Marks | None = _marks(folder)
            if marks == self._marks:
                return False
            read, salt = Agreements.read(folder), read_salt(folder)
        except (AgreementError, OSError) as error:
            hint = getattr(error, "hint", "") or "Give this process the right to read it."
            self._tell(str(error), f"{hint} Until then the former agreements stay in force; at the start none is.")
            return False
        self._said, self._marks = None, marks
        changed = (read, salt) != (self._agreements, self.salt)
        self._agreements, self.salt = read, salt
        named = [each.id for each in read]
        if not named:
            self._tell("there is no agreement: nothing can leave, all waits", "Put one into the folder that it names.")
        elif changed:
            log.info("agreements are read", agreements=named)
        if self._makes_names and (open_ones := guessable(read, salt)):
            log.warning(word("agreement", "no-salt", "en"), agreements=open_ones, hint=MAKE_SALT.format(folder=folder))
        return changed

    def _tell(self, why: str, hint: str) -> None:
        if why != self._said:
            log.warning("agreements cannot be used", why=why, hint=hint)
        self._said = why


def _marks(folder: Path) -> _Marks:
    """Return by what it is seen that a file has changed, whoever wrote it and however."""
    stats = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.suffix in _WATCHED)
    return tuple((name, each.st_ino, each.st_size, each.st_mtime_ns) for name, each in stats)

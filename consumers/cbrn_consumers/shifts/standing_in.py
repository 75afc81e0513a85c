"""Who stands in for whom: entries laid over a rota, each an override, and taken away again.

The ministry's own entries are never changed: an override is an entry beside them, which wins while it lasts, and only
such an entry can be taken away. What is written is first held against the calendar as the person saw it.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from cbrn_consumers.rota import (
    BISHKEK,
    Shift,
    entries_of,
    keep_rota,
    on_duty,
    read_rota,
    swapped,
    written,
)
from cbrn_consumers.shifts.errors import Refusal, RefusedError
from cbrn_schemas.errors import BusError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from cbrn_consumers.rota import Entry, Rota
    from cbrn_schemas.shift import Seat

LASTS_MAX: Final = timedelta(days=31)
"""Longer is no standing in, but another rota."""
AHEAD_MAX: Final = timedelta(days=366)
OVERRIDES_MAX: Final = 1_000
STAMP_BYTES: Final = 8


def stamp_of(rota: Rota) -> str:
    """Return a sum over a rota's entries: with another one the calendar has changed since."""
    return blake2b(written(rota.entries), digest_size=STAMP_BYTES).hexdigest()


def is_override(entry: Entry) -> bool:
    """Tell whether an entry only stands in for others, once: such a one can be taken away."""
    return entry.replaces and entry.rule is None and entry.instance is None and not entry.also


def shift_at(rota: Rota, seat: Seat, at: datetime) -> Shift:
    """Find the shift that is on then.

    Raises:
        RefusedError: there is none.
    """
    found = on_duty(rota.between(at, at + timedelta(seconds=1)), seat, at)
    if found is None:
        said = f"nobody is {seat} at {at.astimezone(BISHKEK):%d.%m %H:%M}"
        raise RefusedError(Refusal.NO_SHIFT, said, "See `cbrn shift plan` for who is on duty when.")
    return found


def with_swap(rota: Rota, one: Shift, other: Shift) -> tuple[list[Entry], tuple[Shift, Shift]]:
    """Return a rota's entries in which two officers exchange two shifts, and what stands in for what.

    Raises:
        RefusedError: both are of the same officer.
    """
    if one.post == other.post:
        said = f"both are shifts of {one.post}"
        raise RefusedError(Refusal.SAME_OFFICER, said, "Name a shift of each of the two officers.")
    # A former swap of these is replaced: two of them would contradict one another.
    former = {shift.uid for shift in (one, other) if shift.replaces}
    kept = [each for each in rota.entries if not (each.uid in former and each.replaces and each.rule is None)]
    made = swapped(one, other)
    return [*kept, *entries_of(made)], made


def with_override(
    rota: Rota,
    seat: Seat,
    post: str,
    span: tuple[datetime, datetime],
    *,
    now: datetime,
    beside: Sequence[Entry] | None = None,
) -> list[Entry]:
    """Return a rota's entries with one more, by which a post stands in for whoever would be on duty.

    `beside`: these entries instead of all, where it stands for an override that is taken away.

    Raises:
        RefusedError: it ends before it begins, lasts too long, or lies behind or too far ahead.
    """
    begins, ends = span
    if not (begins < ends <= begins + LASTS_MAX and now < ends and begins <= now + AHEAD_MAX):
        said = "it must end after it begins, within 31 days, not lie behind, and begin within a year"
        raise RefusedError(Refusal.TIMES, said, "Correct the times.")
    if sum(map(is_override, rota.entries)) >= OVERRIDES_MAX:
        raise RefusedError(Refusal.TIMES, f"{OVERRIDES_MAX} stand in already", "Take those away that are over.")
    made = Shift(seat, post, begins, ends, f"override-{uuid.uuid4().hex[:12]}", replaces=True)
    return [*(rota.entries if beside is None else beside), *entries_of([made])]


def without_override(rota: Rota, uid: str, *, allow_empty: bool = False) -> list[Entry]:
    """Return a rota's entries without an override.

    Raises:
        RefusedError: there is none of that name, or it is the ministry's own entry.
    """
    kept = [each for each in rota.entries if not (each.uid == uid and is_override(each))]
    if len(kept) == len(rota.entries):
        said = f"no override is called {uid[:60]!r}"
        raise RefusedError(Refusal.NO_OVERRIDE, said, "Other entries are changed in the calendar, and imported.")
    if not kept and not allow_empty:
        raise RefusedError(Refusal.LAST_ENTRY, "it is the calendar's only entry", "Import another calendar.")
    return kept


def keep_entries(folder: Path, seen: str | None, current: Rota, entries: Sequence[Entry]) -> Path:
    """Write a rota's entries; `seen` is the stamp of the calendar that the person looked at.

    Raises:
        RefusedError: the calendar has changed since, or has entries that cannot be read and would be lost.
        RotaError: it cannot be written.
    """
    if seen is not None and seen != stamp_of(current):
        raise RefusedError(Refusal.CHANGED_SINCE, "the calendar has changed since", "Look at it again.")
    if any(each.grave for each in current.findings):
        said = "the calendar has entries that cannot be read, and would be lost"
        raise RefusedError(Refusal.BROKEN_CALENDAR, said, "Correct them, and import it: `cbrn shift check` names them.")
    content = written(entries)
    _check(content, current.body)
    return keep_rota(folder, current.body, content)


def _check(content: bytes, body: str) -> None:
    """Refuse what could not be read again: then the watch would have no rota at all."""
    try:
        again = read_rota(content, body)
    except BusError as error:
        raise RefusedError(Refusal.TIMES, f"the calendar could not be read again: {error}", error.hint) from None
    if found := next((each for each in again.findings if each.grave), None):
        raise RefusedError(Refusal.TIMES, str(found), found.remedy)

"""The list's order, its folds in a flood, and what a line says: pure, of rows and the time."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from heapq import merge
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_consumers.standing import State
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cbrn_consumers.alert import RoleCode
    from cbrn_consumers.desk.store import Row
    from cbrn_consumers.desk.web.ring import Audience
    from cbrn_schemas.receipt import Act

LOOKED_BACK: Final = timedelta(hours=1)
"""A flood that is older began anew, or nobody has worked off anything for an hour: then it counts from there."""
FLOOD_WITHIN: Final = timedelta(minutes=10)
FLOOD_ABOVE: Final = 10
"""New alarms within that time from which nobody keeps up any more (ISA-18.2, EEMUA 191) ..."""
FLOOD_BELOW: Final = 5
"""... and below which the flood is over."""
FOLDED: Final = frozenset({"Moderate", "Minor"})
"""What may stand folded. What is unknown may be grave, and what is grave is never folded."""
FOLD_MIN: Final = 2
NEVER: Final = 10**10
"""In seconds since 1970: in the year 2286."""
_ANSWERED: Final = frozenset({State.ACKNOWLEDGED, State.ACCEPTED, State.EN_ROUTE, State.DECLINED, State.CLOSED})


class Line(NamedTuple):
    """A situation as a line of somebody's list."""

    row: Row
    role: RoleCode | None
    """Of the body in whose name is answered here; None where it was not told."""
    state: State | None
    due: datetime | None
    """Of its own answer."""
    act: Act | None
    """What the line's button says; None: no button."""
    rank: str
    """By what lines are sorted, as text."""
    fresh: bool
    """Whether it is new within `FLOOD_WITHIN`."""

    @property
    def late(self) -> bool:
        """Whether its own answer, or that of somebody, is late."""
        return self.state is State.MISSING or any(party.state is State.MISSING for party in self.row.parties)

    @property
    def fold(self) -> str:
        """In which fold it stands in a flood; empty where it is too old, grave or late to be folded."""
        fits = self.fresh and self.row.severity in FOLDED and not self.late and not self.row.over
        return f"{self.row.kind} {self.row.region}" if fits else ""


class Fold(NamedTuple):
    """Lines of one kind and region that stand folded in a flood."""

    kind: str
    region: str
    lines: tuple[Line, ...]

    @property
    def asked(self) -> int:
        """How many of them want an answer."""
        return sum(line.due is not None for line in self.lines)

    @property
    def due(self) -> datetime | None:
        """When the first of them wants it."""
        return min((line.due for line in self.lines if line.due is not None), default=None)


def line_of(row: Row, audience: Audience, own: str, now: datetime) -> Line:
    """Make a line of a row for whoever looks at it and answers in the name of `own`."""
    row = row.at(now)
    role, state, due = row.role, row.state, row.due
    if audience.all:
        mine = [each for each in (*row.parties, *row.beside) if each.body == own]
        role, state = (mine[0].role, mine[0].state) if mine else (None, None)
        due = min((each.due for each in mine if each.due is not None), default=None)
    act = _next_act(row, state, due) if audience.answering and state is not None else None
    return Line(row, role, state, due, act, rank_of(row), now - row.told_at < FLOOD_WITHIN)


def _next_act(row: Row, state: State | None, due: datetime | None) -> Act | None:
    if row.over:
        return None
    if due is not None or state not in _ANSWERED:
        return "acknowledged"
    return "accepted" if state is State.ACKNOWLEDGED else None


def rank_of(row: Row) -> str:
    """Return by what rows are sorted: what is due first, then the gravest, then the newest; what is over at the end."""
    due = NEVER if row.due is None or row.over else int(row.due.timestamp())
    grave = 0 if row.over else 9 - SEVERITY_ORDER[row.severity]
    age = NEVER - int(row.updated_at.timestamp())
    return f"{int(row.over)}-{due:011d}-{grave}-{age:011d}-{row.situation}"


class Load(NamedTuple):
    """How much officers are told (ISA-18.2, EEMUA 191)."""

    alarms: int
    """Of the busiest body, within `FLOOD_WITHIN`."""
    flood: bool


def load_of_counts(alarms: Mapping[str, int]) -> Load | None:
    """Return the load of the busiest body by how much each was told within `FLOOD_WITHIN`.

    None where that does not say it: between the two borders it depends on what was before.
    """
    most = max(alarms.values(), default=0)
    if most <= FLOOD_ABOVE and any(each >= FLOOD_BELOW for each in alarms.values()):
        return None
    return Load(most, most > FLOOD_ABOVE)


def load_at(times: Mapping[str, Sequence[datetime]], now: datetime) -> Load:
    """Return the load of the busiest body, of when each was told of something, in order."""
    loads = [Load(_count(one, now), _flooding(one, now)) for one in times.values()]
    return Load(max((one.alarms for one in loads), default=0), any(one.flood for one in loads))


def _count(times: Sequence[datetime], at: datetime) -> int:
    return bisect_right(times, at) - bisect_right(times, at - FLOOD_WITHIN)


def _flooding(times: Sequence[datetime], now: datetime) -> bool:
    """Tell whether a flood that has begun is not over: it ends lower than it began, or lists would flicker.

    Gone through backwards: the last time at which either was so decides, and that is mostly now.
    """
    until = bisect_right(times, now)
    gone = [one + FLOOD_WITHIN for one in times[: bisect_right(times, now - FLOOD_WITHIN)]]
    for at in (now, *reversed(list(merge(times[:until], gone)))):
        count = _count(times, at)
        if not FLOOD_BELOW <= count <= FLOOD_ABOVE:
            return count > FLOOD_ABOVE
    return False


def folded(lines: Sequence[Line]) -> list[Line | Fold]:
    """Fold in a flood what is new and not grave, by kind and region; all else stands as it stood."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if line.fold:
            groups.setdefault(line.fold, []).append(line)
    several = [group for group in groups.values() if len(group) >= FOLD_MIN]
    within = {line.row.situation for group in several for line in group}
    found: list[Line | Fold] = [line for line in lines if line.row.situation not in within]
    return found + [Fold(group[0].row.kind, group[0].row.region, tuple(group)) for group in several]


def as_event(line: Line, html: str, headline: str, notice: str) -> dict[str, Any]:
    """Return what a page is told of a line; `notice` is what may stand on a screen that anybody sees."""
    return {
        "situation": line.row.situation,
        "html": html,
        "rank": line.rank,
        "severity": line.row.severity,
        "headline": headline,
        "notice": notice,
        "asks": line.due is not None,
        "over": line.row.over,
        "exercise": line.row.exercise,
        "updated": line.row.updated_at.timestamp(),
    }

"""How soon bodies answered in a month: counts, and the time to acknowledge by body and severity. Pure."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from cbrn_consumers.standing.fold import SituationStanding
    from cbrn_consumers.standing.party import Ask
    from cbrn_schemas.events import Severity


class AskTimes(NamedTuple):
    """An answer that was asked of a body, as far as figures need it."""

    body: str
    severity: Severity
    since: datetime
    due: datetime
    answered: datetime | None
    withdrawn: datetime | None

    @classmethod
    def of(cls, body: str, ask: Ask) -> AskTimes:
        """Take its times."""
        return cls(body, ask.severity, ask.since, ask.due, None if ask.answer is None else ask.answer.at, ask.withdrawn)


class Figures(NamedTuple):
    """What was asked of a body in a period, at one severity."""

    body: str
    severity: Severity
    asked: int
    """Answers that were asked for; one more for each update that asked anew."""
    in_time: int
    late: int
    missing: int
    """Not answered before the time ran out, nor since."""
    waiting: int
    """Not answered, and there is time left."""
    withdrawn: int
    """Not answered, and in time no longer asked for: it was cancelled, or the facts were again as answered."""
    median_s: float | None
    """Seconds from being told to the answer, of those answered; None where none was."""
    p90_s: float | None
    """Nine of ten were answered within."""


def figures(
    standings: Iterable[SituationStanding], *, since: datetime, until: datetime, now: datetime
) -> list[Figures]:
    """Count what was asked from `since` to before `until`, by the broker's time; a body's gravest first."""
    asked = (AskTimes.of(party.body, ask) for each in standings for party in each.parties for ask in party.asks)
    return figures_of(asked, since=since, until=until, now=now)


def figures_of(asked: Iterable[AskTimes], *, since: datetime, until: datetime, now: datetime) -> list[Figures]:
    """Count what was asked, where that is kept; as `figures`."""
    asks: dict[tuple[str, Severity], list[AskTimes]] = {}
    for ask in asked:
        if since <= ask.since < until:
            asks.setdefault((ask.body, ask.severity), []).append(ask)
    order = sorted(asks, key=lambda key: (key[0], -SEVERITY_ORDER[key[1]]))
    return [_figures(*key, asks[key], now) for key in order]


def _figures(body: str, severity: Severity, asks: Sequence[AskTimes], now: datetime) -> Figures:
    answered = [(ask, ask.answered) for ask in asks if ask.answered is not None]
    took = sorted(max(0.0, (at - ask.since).total_seconds()) for ask, at in answered)
    in_time = sum(at <= ask.due for ask, at in answered)
    left = [ask for ask in asks if ask.answered is None]
    missing = sum(ask.due < (ask.withdrawn or now) for ask in left)
    withdrawn = sum(ask.withdrawn is not None and ask.withdrawn <= ask.due for ask in left)
    return Figures(
        body=body,
        severity=severity,
        asked=len(asks),
        in_time=in_time,
        late=len(answered) - in_time,
        missing=missing,
        waiting=len(left) - withdrawn - missing,
        withdrawn=withdrawn,
        median_s=_rank(took, 0.5),
        p90_s=_rank(took, 0.9),
    )


def _rank(ordered: Sequence[float], share: float) -> float | None:
    """Return the least time within which that share was answered: one that occurred, none between two."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None

"""A station's readings over time: limits as lines, gaps as gaps, what is beyond a limit by shape and word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.picture.axes import FRAME, HEIGHT, WIDTH, across, axes
from cbrn_consumers.desk.picture.scale import Moments, values_of
from cbrn_consumers.desk.picture.svg import drawing, element, path, text
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount, unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from markupsafe import Markup

    from cbrn_consumers.desk.picture.scale import Values
    from cbrn_schemas.events.base import Language

GAP_STRIDES: Final = 2.5
"""Twice the usual time between two readings is one that was lost; more is a gap."""
BEYOND_MAX: Final = 60
"""Shapes of readings beyond a limit: the first of each run, so many runs at most."""
_FINE: Final = 2
"""A curve's points stand on halves of a step: as fine as a screen shows."""


class Read(NamedTuple):
    """One reading."""

    at: datetime
    value: float
    """In the curve's unit."""
    level: int = 0
    """What the station says of it: 0 within its limits, 1 attention, 2 danger."""


class Limit(NamedTuple):
    """A value that the station, or the law, does not want passed."""

    value: float
    said: str
    level: int = 1
    """What a reading at or above it counts as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What one station measured under one name, in order of time."""

    said: str
    unit: str
    """UCUM code."""
    reads: Sequence[Read]
    limits: Sequence[Limit] = ()


def readings_plot(curve: Curve, lang: Language, *, key: str = "readings") -> Markup | None:
    """Draw the curve; None where there is nothing to draw."""
    if not curve.reads:
        return None
    pieces, gaps = _pieces(curve.reads)
    moments = _moments(curve.reads)
    lowest = min(read.value for read in curve.reads)
    highest = max(*(read.value for read in curve.reads), *(limit.value for limit in curve.limits), lowest)
    values = values_of(min(lowest, 0.0) if lowest < highest / 2 else lowest, highest)
    return drawing(
        WIDTH,
        HEIGHT,
        *_gaps(gaps, moments, lang),
        axes(values, moments, unit(curve.unit, lang), lang),
        *_limits(curve, values, lang),
        *_curve(pieces, values, moments),
        *_beyond(curve, values, moments, lang),
        title=curve.said,
        about=readings_words(curve, lang),
        key=key,
        class_="plot readings-plot",
    )  # fmt: skip


def readings_words(curve: Curve, lang: Language) -> str:
    """Say what the curve shows: how many, the latest, the highest, how many beyond a limit, how many gaps."""
    reads = curve.reads
    if not reads:
        return word("drawn", "no-readings", lang)
    return word("drawn", "readings-about", lang).format(
        len(reads),
        amount(reads[-1].value, curve.unit, lang),
        amount(max(read.value for read in reads), curve.unit, lang),
        sum(_level(read, curve.limits) > 0 for read in reads),
        len(_pieces(reads)[1]),
    )


def _limits(curve: Curve, values: Values, lang: Language) -> Iterator[Markup]:
    for limit in curve.limits:
        said = ": ".join((limit.said, amount(limit.value, curve.unit, lang)))
        yield across(values, limit.value, said, "limit-line")


def _moments(reads: Sequence[Read]) -> Moments:
    since, until = reads[0].at, reads[-1].at
    return Moments(since, max(until, since + timedelta(minutes=1)))


def _pieces(reads: Sequence[Read]) -> tuple[list[list[Read]], list[tuple[Read, Read]]]:
    """Split the curve where readings are missing: its pieces, and the readings around each gap."""
    usual = median((after.at - before.at).total_seconds() for before, after in pairwise(reads)) if reads[1:] else 0.0
    pieces, gaps = [[reads[0]]], []
    for before, after in pairwise(reads):
        if (after.at - before.at).total_seconds() > GAP_STRIDES * usual > 0:
            gaps.append((before, after))
            pieces.append([])
        pieces[-1].append(after)
    return pieces, gaps


def _gaps(gaps: Iterable[tuple[Read, Read]], moments: Moments, lang: Language) -> Iterator[Markup]:
    for before, after in gaps:
        left, right = (FRAME.across(moments.share(read.at)) for read in (before, after))
        yield element(
            "rect", element("title", word("drawn", "no-readings", lang)),
            x=left, y=FRAME.top, width=max(right - left, 1.0), height=FRAME.bottom - FRAME.top, class_="gap",
        )  # fmt: skip
        if right - left > len(word("drawn", "no-readings", lang)) * 6:
            middle = (left + right) / 2
            yield text(middle, FRAME.bottom - 8, word("drawn", "no-readings", lang), "gap-name", "middle")


def _curve(pieces: Sequence[Sequence[Read]], values: Values, moments: Moments) -> Iterator[Markup]:
    drawn: list[list[tuple[int, int]]] = []
    for piece in pieces:
        points = [
            (
                round(_FINE * FRAME.across(moments.share(read.at))),
                round(_FINE * FRAME.up(values.share(read.value))),
            )
            for read in piece
        ]
        drawn.append(_thinned(points))
        if len(points) == 1:
            yield element("circle", cx=points[0][0] / _FINE, cy=points[0][1] / _FINE, r=2.5, class_="alone")
    yield element("path", d=path(drawn), class_="curve", fill="none", transform=f"scale({1 / _FINE})")


def _thinned(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Keep of each column what a screen can show: first, lowest, highest and last."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for point in points:
        columns.setdefault(point[0], []).append(point)
    kept: list[tuple[int, int]] = []
    for column in columns.values():
        chosen = {column.index(each) for each in (min(column), max(column))} | {0, len(column) - 1}
        kept += [column[index] for index in sorted(chosen)]
    return kept


def _beyond(curve: Curve, values: Values, moments: Moments, lang: Language) -> Iterator[Markup]:
    """Mark where a limit is first reached, each run once; the gravest is said in words there."""
    drawn = before = 0
    most = max(_level(read, curve.limits) for read in curve.reads)
    for read in curve.reads:
        level = _level(read, curve.limits)
        if level > before and drawn < BEYOND_MAX:
            drawn += 1
            x, y = FRAME.across(moments.share(read.at)), FRAME.up(values.share(read.value))
            said = word("limit", ("normal", "attention", "danger")[level], lang)
            sign = "▲" if level > 1 else "◆"
            yield element(
                "text", element("title", said), sign,
                x=x, y=max(y - 4, FRAME.top), class_=f"beyond beyond-{level}", text_anchor="middle",
            )  # fmt: skip
            if level == most:
                most = 0
                yield _word(x, max(y - 20, FRAME.top + 12), said)
        before = level


def _word(x: float, y: float, said: str) -> Markup:
    """Write beside a shape, to the side where there is room."""
    middle = (FRAME.left + FRAME.right) / 2
    return text(x + (10 if x < middle else -10), y, said, "beyond-name", None if x < middle else "end")


def _level(read: Read, limits: Sequence[Limit]) -> int:
    return max(read.level, *(limit.level for limit in limits if read.value >= limit.value), 0)

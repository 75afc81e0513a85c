"""Bars that lie: each with its name before it and its number behind it, so that nobody has to measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.picture.svg import drawing, element, group, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

WIDTH: Final = 720
LINE: Final = 30
NAMES: Final = 210
"""Room for the names, and behind the longest bar for its number."""
NUMBERS: Final = 150
BARS_MAX: Final = 60
LETTERS_MAX: Final = 26
"""A longer name is cut here; the list beside has it whole."""


class Bar(NamedTuple):
    """One bar; `further` goes on as a thin line, as nine of ten beside half."""

    name: str
    length: float
    said: str
    """The number with its unit, as it is read."""
    further: float | None = None
    limit: float | None = None
    """What it should not pass; a line across."""


def bar_plot(bars: Sequence[Bar], *, title: str, about: str, key: str) -> Markup | None:
    """Draw bars to one scale; None where there are none."""
    bars = bars[:BARS_MAX]
    if not bars:
        return None
    longest = max(max(bar.length, bar.further or 0.0, bar.limit or 0.0) for bar in bars) or 1.0
    step = (WIDTH - NAMES - NUMBERS) / longest
    height = LINE * len(bars) + 12
    return drawing(
        WIDTH,
        height,
        *(group(*_bar(bar, LINE * index + 6, step)) for index, bar in enumerate(bars)),
        title=title,
        about=about,
        key=key,
        class_="plot bar-plot",
    )


def _bar(bar: Bar, y: float, step: float) -> Iterator[Markup]:
    name = bar.name if len(bar.name) <= LETTERS_MAX else bar.name[: LETTERS_MAX - 1] + "…"
    middle = y + LINE / 2
    yield text(NAMES - 10, middle + 5, name, "bar-name", "end")
    yield element("rect", x=NAMES, y=y + 5, width=max(bar.length * step, 1.0), height=LINE - 10, class_="bar")
    end = max(bar.length, bar.further or 0.0)
    if bar.further is not None and bar.further > bar.length:
        far = NAMES + bar.further * step
        whisker = f"M{NAMES + bar.length * step:.0f} {middle:.0f}H{far:.0f}m0-6v12"
        yield element("path", d=whisker, class_="whisker", fill="none")
    if bar.limit is not None:
        yield element("path", d=f"M{NAMES + bar.limit * step:.0f} {y:.0f}v{LINE}", class_="limit-line", fill="none")
    yield text(NAMES + end * step + 8, middle + 5, bar.said, "bar-number")

"""Plots as SVG, without a library: bars and lines on white paper, in the reader's own type."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

PANEL_WIDTH, PANEL_HEIGHT = 330, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 46
COLOURS: Final = ("#1f5fa8", "#c2571a", "#3b8132", "#7a4fa0", "#8a6d1d", "#5b6770", "#b03060")
TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Point:
    """A value, and between what it lay."""

    label: str
    value: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Series:
    """What one line or one group of bars shows."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot: all series have the same labels, which stand evenly spaced below."""

    title: str
    series: Sequence[Series]
    bars: bool = False


def drawn(panels: Sequence[Panel], columns: int, title: str) -> str:
    """Return one picture of all panels, with what colours mean below."""
    rows = math.ceil(len(panels) / columns)
    names = list(dict.fromkeys(series.name for panel in panels for series in panel.series))
    legend = 22 * len(names) if any(panel.bars for panel in panels) else 0
    width, height = PANEL_WIDTH * columns, PANEL_HEIGHT * rows + legend + 8
    body = [
        _moved(_panel(panel, names), PANEL_WIDTH * (number % columns), PANEL_HEIGHT * (number // columns))
        for number, panel in enumerate(panels)
    ]
    for number, name in enumerate(names if legend else ()):
        y = PANEL_HEIGHT * rows + 22 * number + 6
        body.append(f'<rect x="{LEFT}" y="{y}" width="12" height="12" fill="{COLOURS[number]}"/>')
        body.append(f'<text x="{LEFT + 20}" y="{y + 11}">{escape(name)}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="sans-serif" font-size="11" fill="#222">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
    )
    return head + "\n".join(body) + "\n</svg>\n"


def _moved(body: str, x: int, y: int) -> str:
    return f'<g transform="translate({x} {y})">\n{body}\n</g>'


def _panel(panel: Panel, names: list[str]) -> str:
    top = _round_up(max((point.most for series in panel.series for point in series.points), default=1) or 1)
    labels = [point.label for point in panel.series[0].points] if panel.series else []
    inner_width, inner_height = PANEL_WIDTH - LEFT - RIGHT, PANEL_HEIGHT - TOP - BOTTOM
    step = inner_width / max(1, len(labels))

    def y(value: float) -> float:
        return round(TOP + inner_height * (1 - value / top), 1)

    parts = [f'<text x="{LEFT}" y="18" font-size="13" font-weight="bold">{escape(panel.title)}</text>']
    for number in range(TICKS + 1):
        value = top * number / TICKS
        parts.append(f'<path d="M{LEFT} {y(value)}H{PANEL_WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(value) + 4}" text-anchor="end">{_number(value)}</text>')
    for number, label in enumerate(labels):
        x = round(LEFT + step * (number + 0.5), 1)
        parts.append(f'<text x="{x}" y="{PANEL_HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(label)}</text>')
    for number, series in enumerate(panel.series):
        colour = COLOURS[names.index(series.name)]
        width = step * 0.8 / len(panel.series)
        shift = (number - (len(panel.series) - 1) / 2) * width if panel.bars else 0.0
        middles = [round(LEFT + step * (place + 0.5) + shift, 1) for place in range(len(series.points))]
        if panel.bars:
            parts += [
                f'<rect x="{round(x - width * 0.45, 1)}" y="{y(point.value)}" width="{round(width * 0.9, 1)}" '
                f'height="{round(TOP + inner_height - y(point.value), 1)}" fill="{colour}"/>'
                for x, point in zip(middles, series.points, strict=True)
            ]
        else:
            line = " ".join(f"{x},{y(point.value)}" for x, point in zip(middles, series.points, strict=True))
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [
                f'<circle cx="{x}" cy="{y(point.value)}" r="3" fill="{colour}"/>'
                for x, point in zip(middles, series.points, strict=True)
            ]
        parts += [
            f'<path d="M{x} {y(point.least)}V{y(point.most)}" stroke="#222"/>'
            for x, point in zip(middles, series.points, strict=True)
            if point.most > point.least
        ]
    return "\n".join(parts)


def _round_up(value: float) -> float:
    """Return the next of 1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8 times a power of ten: a quarter of it is easy to read."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if step * power >= value)


def _number(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1000:,.0f}k"
    return f"{value:,.0f}" if value >= 10 else f"{value:g}"

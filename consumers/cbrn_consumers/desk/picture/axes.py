"""What all plots have alike: ticks with their numbers and moments, lines that go across."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.picture.scale import Frame
from cbrn_consumers.desk.picture.svg import group, line, text
from cbrn_schemas.catalogue.written import local_time, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from cbrn_consumers.desk.picture.scale import Moments, Values
    from cbrn_schemas.events.base import Language

WIDTH: Final = 720
HEIGHT: Final = 280
FRAME: Final = Frame(64, 28, WIDTH - 16, HEIGHT - 34)
"""Room on the left for a number of six digits, above for the unit, below for moments."""


def axes(values: Values, moments: Moments, unit: str, lang: Language, frame: Frame = FRAME) -> Markup:
    """Draw both axes of a plot over time; the unit stands above the numbers."""
    return group(
        *_numbers(values, lang, frame),
        *_moments(moments, frame),
        zone_of(moments, frame),
        text(8, frame.top - 12, unit, "unit-name"),
    )


def across(values: Values, value: float, said: str, class_: str, frame: Frame = FRAME) -> Markup:
    """Draw a line at a value, with what it is above its right end."""
    y = frame.up(values.share(value))
    return group(line(frame.left, y, frame.right, y, class_), text(frame.right, y - 5, said, f"{class_}-name", "end"))


def zone_of(moments: Moments, frame: Frame) -> Markup:
    """Write in which zone the moments below are, as no tick has room for it."""
    return text(8, frame.bottom + 20, local_time(moments.until, "%H").rpartition(" ")[2], "tick")


def _numbers(values: Values, lang: Language, frame: Frame) -> Iterator[Markup]:
    for tick in values.ticks:
        y = frame.up(values.share(tick))
        yield line(frame.left, y, frame.right, y, "grid")
        written = int(tick) if float(tick).is_integer() else tick
        yield text(frame.left - 8, y + 4, number(written, lang), "tick", "end")


def _moments(moments: Moments, frame: Frame) -> Iterator[Markup]:
    for moment, said in moments.ticks():
        x = frame.across(moments.share(moment))
        yield line(x, frame.bottom, x, frame.bottom + 5, "grid")
        yield text(x, frame.bottom + 20, said, "tick", "middle")

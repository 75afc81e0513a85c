"""Alarms by ten minutes as columns: floods shaded and named, the two lines of ISA-18.2 drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.picture.axes import FRAME, HEIGHT, WIDTH, across, axes
from cbrn_consumers.desk.picture.loads import FLOOD_ABOVE, FLOOD_BELOW
from cbrn_consumers.desk.picture.scale import Moments, values_of
from cbrn_consumers.desk.picture.svg import drawing, element, group, text
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from cbrn_consumers.desk.picture.loads import Load
    from cbrn_consumers.desk.picture.scale import Values
    from cbrn_schemas.events.base import Language

ABOVE: Final = 1.25
"""The scale always shows where a flood begins, and some room above."""
NAMED_FROM: Final = 60.0
"""A flood narrower than this on the sheet is named by its shade alone."""


def load_plot(load: Load, lang: Language, *, key: str = "load") -> Markup | None:
    """Draw a period's alarms; None where it has no length."""
    if not load.counts:
        return None
    values = values_of(0.0, max(load.most, ABOVE * FLOOD_ABOVE))
    moments = Moments(load.since, load.until)
    return drawing(
        WIDTH,
        HEIGHT,
        *_floods(load, moments, lang),
        axes(values, moments, "", lang),
        element("path", d=_columns(load, values), class_="columns"),
        across(values, FLOOD_ABOVE, word("drawn", "flood-begins", lang).format(FLOOD_ABOVE), "limit-line"),
        across(values, FLOOD_BELOW, word("drawn", "flood-ends", lang).format(FLOOD_BELOW), "limit-line"),
        title=word("drawn", "load", lang),
        about=load_words(load, lang),
        key=key,
        class_="plot load-plot",
    )


def load_words(load: Load, lang: Language) -> str:
    """Say what the plot shows."""
    share = number(round(100 * load.flooded, 2), lang)
    return word("drawn", "load-about", lang).format(load.alarms, load.most, len(load.floods), share)


def _columns(load: Load, values: Values) -> str:
    """Draw one column a step of the sheet, as high as the worst ten minutes in it; nothing for none."""
    wide = max(1.0, (FRAME.right - FRAME.left) / len(load.counts))
    tallest: dict[int, int] = {}
    for index, count in enumerate(load.counts):
        if count:
            x = round(FRAME.across(index / len(load.counts)))
            tallest[x] = max(tallest.get(x, 0), count)
    return "".join(
        f"M{x} {FRAME.bottom:.0f}V{FRAME.up(values.share(count)):.0f}h{wide:.0f}V{FRAME.bottom:.0f}z"
        for x, count in tallest.items()
    )


def _floods(load: Load, moments: Moments, lang: Language) -> Iterator[Markup]:
    for flood in load.floods:
        left, right = (FRAME.across(moments.share(moment)) for moment in (flood.since, flood.until))
        said = f"{word('drawn', 'flood', lang)}: {flood.alarms}"
        yield group(
            element("title", said),
            element("rect", x=left, y=FRAME.top, width=max(right - left, 2.0), height=FRAME.bottom - FRAME.top,
                    class_="flood"),
        )  # fmt: skip
        if right - left >= NAMED_FROM:
            yield text((left + right) / 2, FRAME.top + 14, said, "flood-name", "middle")

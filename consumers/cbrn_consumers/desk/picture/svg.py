"""Elements of SVG as text: every text and attribute escaped, numbers short, no style and no script.

Looks are given by classes alone, which the page's own style sheet knows: the strictest content policy lets them pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold, not even escaped."""

Value = str | float
Child = str | Markup


def element(name: str, *children: Child, **attributes: Value | None) -> Markup:
    """Write an element; text is escaped, what this module wrote is kept.

    `class_` is written `class`, `stroke_width` is `stroke-width`; None is left out.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(short(value) if isinstance(value, int | float) else value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(_text(child) for child in children)
    return Markup(f"<{name}{said}>{inside}</{name}>" if inside else f"<{name}{said}/>")  # noqa: S704 - escaped above


def group(*children: Child, **attributes: Value | None) -> Markup:
    """Write a group."""
    return element("g", *children, **attributes)


def drawing(
    width: float, height: float, *children: Child, title: str, about: str, key: str, class_: str, role: str = "img"
) -> Markup:
    """Write a whole drawing with its name and description for who does not see it; `key` is unique on its page.

    One that holds links is a `group`: in an `img` nobody would find them.
    """
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", about, id=f"{key}-about"),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {short(width)} {short(height)}",
        role=role,
        aria_labelledby=f"{key}-title",
        aria_describedby=f"{key}-about",
        class_=class_,
    )


def text(x: float, y: float, said: str, class_: str, anchor: str | None = None) -> Markup:
    """Write words at a point: they begin there, or have there their `middle` or `end`."""
    return element("text", said, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Write a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(lines: Iterable[Sequence[tuple[int, int]]], *, closed: bool = False) -> str:
    """Write lines of whole steps as the data of a path, each step from the point before; points that repeat go out."""
    parts: list[str] = []
    for points in lines:
        (x, y), *rest = points
        steps: list[str] = []
        for to_x, to_y in rest:
            if (to_x, to_y) != (x, y):
                steps.append(f"{to_x - x}{'' if to_y < y else ' '}{to_y - y}")
                x, y = to_x, to_y
        if steps:
            parts.append(f"M{points[0][0]} {points[0][1]}l{_packed(steps)}{'z' if closed else ''}")
    return "".join(parts)


def short(number: float) -> str:
    """Write a number with a tenth at most."""
    written = f"{number:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def _packed(steps: Sequence[str]) -> str:
    return "".join(step if index == 0 or step.startswith("-") else f" {step}" for index, step in enumerate(steps))


def _text(said: Child) -> Markup:
    return escape(_NOT_XML.sub("\ufffd", said)) if not isinstance(said, Markup) else said

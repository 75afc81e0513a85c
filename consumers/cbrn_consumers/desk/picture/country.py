"""The country with its open situations and stations, as one drawing."""

from __future__ import annotations

from math import cos, pi, sin
from typing import TYPE_CHECKING, Final

from cbrn_consumers.desk.picture.ground import COUNTRY, country_ground, middle_of
from cbrn_consumers.desk.picture.shapes import LEVELS, SIGNS, level_shape, severity_shape
from cbrn_consumers.desk.picture.svg import drawing, element
from cbrn_routing.jurisdiction.projection import to_plane
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from cbrn_consumers.desk.picture.marks import Mark, Post
    from cbrn_schemas.events.base import Language

XY = tuple[float, float]
MARKS_MAX: Final = 99
"""Situations drawn, the first of those given: more would hide the country. About 0.4 KiB each."""
POSTS_MAX: Final = 400
"""Stations drawn, about 0.3 KiB each."""
RADIUS: Final = 13.0
"""Of a mark, in steps of the sheet."""
POST_RADIUS: Final = 4.5
_RING: Final = 6
"""Marks around one that stands in the middle of its place; the next ring holds twice as many."""


def country_map(marks: Sequence[Mark], lang: Language, *, posts: Sequence[Post] = (), key: str = "country") -> Markup:
    """Draw the country; marks without a known place are left out, and are in the list beside alone."""
    drawn = list(_marks(marks))
    return drawing(
        COUNTRY.width,
        COUNTRY.height,
        country_ground(lang),
        *_posts(posts, lang),
        *reversed(drawn),
        title=word("drawn", "country", lang),
        about=word("drawn", "country-about", lang).format(len(marks), len(posts)),
        key=key,
        class_="map country-map",
        role="group",
    )


def placed(mark: Mark) -> bool:
    """Tell whether a mark has somewhere to stand."""
    return middle_of(mark.place) is not None


def _marks(marks: Sequence[Mark]) -> Iterator[Markup]:
    taken: dict[XY, int] = {}
    for mark in marks[:MARKS_MAX]:
        middle = middle_of(mark.place)
        if middle is None:
            continue
        index = taken.get(middle, 0)
        taken[middle] = index + 1
        x, y = _beside(COUNTRY.place(*middle), index)
        kind = "mark exercise" if mark.exercise else "mark"
        yield element(
            "a",
            element("title", f"{mark.number}. {SIGNS[mark.severity]} {mark.said}"),
            severity_shape(mark.severity, x, y, RADIUS, str(mark.number)),
            href=mark.href,
            class_=kind,
        )


def _beside(middle: XY, index: int) -> XY:
    """Set the marks of one place around each other, ring by ring, and on the sheet."""
    x, y = middle
    if index:
        ring, first = 1, 1
        while index >= first + _RING * ring:
            first += _RING * ring
            ring += 1
        turn = 2 * pi * (index - first) / (_RING * ring) - pi / 2
        x, y = x + 2.3 * RADIUS * ring * cos(turn), y + 2.3 * RADIUS * ring * sin(turn)
    reach = 1.5 * RADIUS
    return min(max(x, reach), COUNTRY.width - reach), min(max(y, reach), COUNTRY.height - reach)


def _posts(posts: Sequence[Post], lang: Language) -> Iterator[Markup]:
    gravest_last = sorted(posts, key=lambda post: post.level)[-POSTS_MAX:]
    for post in gravest_last:
        at = to_plane(post.lat, post.lon) if post.lat is not None and post.lon is not None else middle_of(post.place)
        if at is not None and COUNTRY.holds(*at):
            yield element(
                "a",
                element("title", f"{post.said}: {word('limit', LEVELS[post.level], lang)}"),
                level_shape(post.level, *COUNTRY.place(*at), POST_RADIUS),
                href=post.href,
                class_="post",
            )

"""Rows of a section: where the others stand who were told of the same. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_consumers.situation.rows import Row, Weight
from cbrn_consumers.standing import State
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import countdown, local_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_consumers.standing import Other, Others
    from cbrn_schemas.events.base import Language

MOMENT: Final = "%d.%m %H:%M"
UNSAID: Final = frozenset({State.ADDRESSED, State.DELIVERED})


def other_rows(others: Others | None, own: str | None, now: datetime, lang: Language) -> Iterator[Row]:
    """Say where each of the others stands, who leads first; nothing where nobody may tell."""
    if others is None:
        return
    for each in others.beside(own):
        yield Row(body_name(each.body, lang), other_text(each, now, lang), _weight(each, now))
    if not others.beside(own):
        yield Row("", word("ui", "nobody-else", lang), Weight.QUIET)
    yield Row(word("ui", "as-of", lang), local_time(others.at, MOMENT), Weight.QUIET)


def other_text(other: Other, now: datetime, lang: Language) -> str:
    """Write «support · accepted 27.11 03:05 +06»; of whom an answer is wanted, by when, and how often it was missed."""
    state = word("standing", other.reached, lang)
    parts = [word("role", other.role, lang)]
    if other.missing(now):
        parts.append(word("standing", State.MISSING, lang))
    if other.reached not in UNSAID or not other.missing(now):
        parts.append(f"{state} {local_time(other.since, MOMENT)}")
    if other.due is not None:
        parts.append(f"{word('ui', 'due', lang)} {local_time(other.due, MOMENT)} ({countdown(other.due, now, lang)})")
    if other.level:
        parts.append(word("ui", "passed-on-steps", lang).format(other.level))
    if other.reason:
        parts.append(other.reason)
    return " · ".join(parts)


def _weight(other: Other, now: datetime) -> Weight:
    if other.missing(now):
        return Weight.ALARM
    if other.reached is State.DECLINED:
        return Weight.STRONG
    return Weight.QUIET if other.role == "inform" and other.reached in UNSAID else Weight.PLAIN

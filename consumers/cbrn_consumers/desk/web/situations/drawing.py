"""A line of the list as HTML: for the page that is asked for, and for those that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_consumers.desk.web.render import in_words, render
from cbrn_consumers.desk.web.situations.listing import as_event, line_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.desk.store import Row
    from cbrn_consumers.desk.web.ring import Audience
    from cbrn_consumers.desk.web.situations.listing import Line
    from cbrn_schemas.events.base import Language


def drawer(own: str) -> Callable[[Audience, Row, datetime], dict[str, object]]:
    """Return what draws a row for a desk whose body is `own`: in whose name the lists of all bodies are answered."""

    def draw(audience: Audience, row: Row, now: datetime) -> dict[str, object]:
        line = line_of(row, audience, body_of(audience, own), now)
        return as_event(line, card(line, audience.lang, now), headline_of(row, audience.lang))

    return draw


def body_of(audience: Audience, own: str) -> str:
    """Return in whose name is answered from a list."""
    return own if audience.all else audience.scope


def card(line: Line, lang: Language, now: datetime, said: str = "", trouble: str = "") -> str:
    """Draw a line; `said` is what the log holds of what was just done, `trouble` why nothing was."""
    return render("situations/card.html", lang, line=line, row=line.row, now=now, said=said, trouble=trouble)


def headline_of(row: Row, lang: Language) -> str:
    """Return the line for an officer, never empty, behind what must not be overlooked."""
    said = in_words(row.headlines, lang) or word("kind", row.kind, lang)
    return " · ".join((*marks(_Marked(row), lang), said))


class _Marked:
    """A row, as `marks` looks at it."""

    def __init__(self, row: Row) -> None:
        self.status = "Exercise" if row.exercise else "Actual"
        self.message_type = row.message_type
        self.restricted = row.restricted

"""A line of the list as HTML: for the page that is asked for, and for those that are open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from cbrn_consumers.desk.store import Filters
from cbrn_consumers.desk.web.render import in_words, render, unturned
from cbrn_consumers.desk.web.rooms.situations.listing import (
    FLOOD_WITHIN,
    LOOKED_BACK,
    Load,
    as_event,
    line_of,
    load_at,
    load_of_counts,
)
from cbrn_consumers.desk.web.words import LANGUAGES
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cbrn_consumers.desk.store import Row, Store
    from cbrn_consumers.desk.web.ring import Audience
    from cbrn_consumers.desk.web.rooms.situations.listing import Line
    from cbrn_schemas.events.base import Language


class Drawing:
    """Draws what open pages are told, on a desk whose body is `own`: in its name lists of all bodies are answered."""

    def __init__(self, store: Store, own: str) -> None:
        self._store, self._own = store, own

    def row(self, audience: Audience, row: Row, now: datetime) -> dict[str, object]:
        """Draw a line of the list."""
        line = line_of(row, audience, body_of(audience, self._own), now)
        lang = audience.lang
        return as_event(line, card(line, lang, now), headline_of(row, lang), headline_of(veiled(row), lang))

    async def counts(self, scope: str, now: datetime) -> Callable[[Audience], dict[str, object]]:
        """Count once for a scope, and return what draws it for each audience."""
        page, load = await self._store.page(scope, Filters(), now, limit=1), await load_of(self._store, scope, now)

        def drawn(audience: Audience) -> dict[str, object]:
            html = render("situations/counts.html", audience.lang, page=page, load=load)
            return {"html": html, "to_answer": page.to_answer, "late": page.late, "flood": load.flood}

        return drawn


async def load_of(store: Store, scope: str, now: datetime) -> Load:
    """Find out how much the officers of a scope are told."""
    clear = load_of_counts(await store.alarms(scope, now - FLOOD_WITHIN, now))
    if clear is not None:
        return clear
    return load_at(await store.alarm_times(scope, now - LOOKED_BACK, now + timedelta(seconds=1)), now)


def body_of(audience: Audience, own: str) -> str:
    """Return in whose name is answered from a list."""
    return own if audience.all else audience.scope


def card(line: Line, lang: Language, now: datetime, said: str = "", trouble: str = "") -> str:
    """Draw a line; `said` is what the log holds of what was just done, `trouble` why nothing was."""
    return render("situations/card.html", lang, line=line, row=line.row, now=now, said=said, trouble=trouble)


def headline_of(row: Row, lang: Language) -> str:
    """Return the line for an officer, never empty, behind what must not be overlooked."""
    said = unturned(in_words(row.headlines, lang)) or word("kind", row.kind, lang)
    return " · ".join((*marks(_Marked(row), lang), said))


def veiled(row: Row) -> Row:
    """Return a row as it may be shown where others look on: a locked screen, a wall.

    What is restricted is only counted: it says as much of it as a text message does (`cbrn_consumers.notify`).
    """
    if not row.restricted:
        return row
    said = {lang: word("short", "restricted", lang) for lang in LANGUAGES}
    return replace(row, headlines=said, restricted=False, place="", region="", facts={}, changes=())


class _Marked:
    """A row, as `marks` looks at it."""

    def __init__(self, row: Row) -> None:
        self.status = "Exercise" if row.exercise else "Actual"
        self.message_type = row.message_type
        self.restricted = row.restricted

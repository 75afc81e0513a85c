"""What an alert says in one language: the publisher's own words, and words of the catalogue where they have none.

An instruction is never made up: in a language without one stands the publisher's, with the name of its language before
it. Times stand in the country's own zone, so that two machines write the same document.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.catalogue.words import word
from cbrn_schemas.details import details
from cbrn_schemas.events.time import LOCAL_TIME
from cbrn_schemas.formats.cap import lexical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language, Text

LANGUAGES: Final[Mapping[Language, str]] = {"ky": "ky-KG", "ru": "ru-KG", "en": "en-US"}
"""The state language, the official one, and the one of CAP itself: an info block each, in this order."""
FIELDS: Final = ("headline", "description", "instruction")
HEADLINE_MAX: Final = 160
"""Characters that CAP 1.2, section 3.2.2, asks a headline to keep to."""
_TOLD_ELSEWHERE: Final = frozenset({"contact", "spot", "urgency", "certainty"})
"""Details that have an element of their own."""


class Wording(NamedTuple):
    """The texts of one info block."""

    headline: str
    description: str
    instruction: str | None
    own: tuple[str, ...]
    """Which of them are the publisher's own."""


def wording(event: AnyEvent, lang: Language, place: str) -> Wording:
    """Word an event in one language."""
    text = event.texts.get(lang)
    own = () if text is None else tuple(field for field in FIELDS if lexical.writable(getattr(text, field) or ""))
    return Wording(
        _own(text, "headline") or _headline(event, lang, place),
        _own(text, "description") or _description(event, lang, place),
        _own(text, "instruction") or _instruction(event, lang),
        own,
    )


def faithful(event: AnyEvent) -> bool:
    """Tell whether elements hold the event's own texts letter by letter."""
    return all(
        getattr(text, field) in {None, lexical.writable(getattr(text, field) or "")}
        for text in event.texts.values()
        for field in FIELDS
    )


def _own(text: Text | None, field: str) -> str:
    return "" if text is None else lexical.writable(getattr(text, field) or "")


def _headline(event: AnyEvent, lang: Language, place: str) -> str:
    said = f"{word('kind', event.kind, lang)}: {place}"
    return said if len(said) <= HEADLINE_MAX else f"{said[: HEADLINE_MAX - 1]}…"


def _description(event: AnyEvent, lang: Language, place: str) -> str:
    lines = [f"{word('kind', event.kind, lang)}. {place}. {_said('severity', event.severity, lang)}"]
    lines += [
        f"{detail.label}: {_text(event, detail.field, detail.text)}"
        for detail in details(event, lang)
        if detail.field not in _TOLD_ELSEWHERE
    ]
    return lexical.writable("\n".join(lines))


def _said(field: str, code: str, lang: Language) -> str:
    return f"{word('field', field, lang)}: {word(field, code, lang)}"


def _text(event: AnyEvent, field: str, text: str) -> str:
    value = getattr(event, field, None)
    return f"{value.astimezone(LOCAL_TIME):%d.%m.%Y %H:%M} +06" if isinstance(value, datetime) else text


def _instruction(event: AnyEvent, lang: Language) -> str | None:
    for other in ("ru", "en", "ky"):
        text = event.texts.get(other)
        if text is not None and (said := _own(text, "instruction")):
            label = word("field", "instruction", lang)
            return f"{label[0].upper()}{label[1:]} ({word('language', other, lang)}): {said}"
    return None

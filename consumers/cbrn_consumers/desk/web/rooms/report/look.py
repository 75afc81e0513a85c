"""What will happen if a report is sent, as its page shows it: who is told, by when, what is doubtful, what is owed."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from cbrn_producers.dry_run import dry_run
from cbrn_routing.duties import addressees_line, due_line
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_schemas.catalogue.citing import article_name, instrument_name
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.details import Detail, details
from cbrn_schemas.errors import BusError
from cbrn_schemas.events import Where

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cbrn_consumers.desk.report import Book
    from cbrn_routing.decision import Recipient as RoutedRecipient
    from cbrn_routing.doubts import EventWarning
    from cbrn_routing.jurisdiction import Located
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.topics import Realm


class Recipient(NamedTuple):
    """Who would be told."""

    name: str
    rules: tuple[str, ...]
    """Their titles."""


class Owed(NamedTuple):
    """A duty that the country would have towards others."""

    title: str
    under: str
    to: str
    due: str
    marks: tuple[str, ...]


class Look(NamedTuple):
    """The whole answer."""

    event: AnyEvent
    headline: str
    place: str
    details: tuple[Detail, ...]
    told: tuple[tuple[str, tuple[Recipient, ...]], ...]
    """By role, the lead first."""
    partners: tuple[Recipient, ...]
    """Neighbours and organisations: a person releases what they are told."""
    answer_within: timedelta | None
    warnings: tuple[EventWarning, ...]
    duties: tuple[Owed, ...]
    book: Book


def look(event: AnyEvent, *, realm: Realm, book: Book, now: datetime, lang: Language) -> Look:
    """Work out what sending an event would do."""
    dry = dry_run(event, event.kind, realm=realm, book=book.book, now=now, lang=lang)
    decision, places = dry.routed.decision, (dry.routed.place, *dry.routed.further_places)
    within = decision.acknowledge_within_s
    titles = {rule.id: getattr(rule.title, lang) for rule in book.book.rules}

    def told(each: RoutedRecipient) -> Recipient:
        return Recipient(body_name(each.body, lang), tuple(titles.get(rule, rule) for rule in each.rules))

    return Look(
        event,
        _headline(event, lang),
        " + ".join(filter(None, (place_line(place, lang) for place in places))),
        details(event, lang),
        tuple(
            (word("role", role.code, lang), tuple(map(told, group)))
            for role, group in groupby(decision.recipients, key=attrgetter("role"))
        ),
        tuple(map(told, decision.partners)),
        None if within is None else timedelta(seconds=within),
        dry.warnings,
        tuple(
            Owed(
                getattr(duty.title, lang),
                f"{instrument_name(duty.framework, lang) or duty.framework}, {article_name(duty.article, lang)}",
                addressees_line(duty, lang),
                due_line(duty, lang),
                tuple(word("ui", mark, lang) for mark in ("possible", "voluntary") if getattr(duty, mark)),
            )
            for duty in dry.duties
        ),
        book,
    )


def place_line(place: Located, lang: Language) -> str:
    """Write `Jayyl district, Chuy region`; for a place abroad the country."""
    codes = (place.district, place.region, place.country if place.country != "KG" else "")
    return ", ".join(dict.fromkeys(place_name(code, lang) for code in codes if code))


def found_line(where: dict[str, object], lang: Language) -> str:
    """Say in which district and region a place lies, and the countries beside it; empty where it is no place."""
    try:
        located = Gazetteer().locate(Where.model_validate_json(json.dumps(where)))
    except (BusError, ValueError):
        return ""
    return " · ".join(_found(located, lang))


def _found(located: Located, lang: Language) -> Iterator[str]:
    line = place_line(located, lang)
    if line:
        yield line
    for label, countries in (("neighbours", located.neighbours), ("downstream", located.downstream)):
        if countries:
            yield f"{word('ui', label, lang)}: {', '.join(place_name(code, lang) for code in sorted(countries))}"
    yield f"{word('ui', 'confidence', lang)}: {word('confidence', located.confidence, lang)}"


def _headline(event: AnyEvent, lang: Language) -> str:
    text = event.texts.get(lang) or next(iter(event.texts.values()), None)
    return word("kind", event.kind, lang) if text is None else text.headline

"""The book as a lawyer reads it: act, article, and the rules that rest on it. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.rulebook.reading import Reading, anchor_of, lang_of, law, owed, read
from cbrn_routing.rulebook import DutyRule
from cbrn_schemas.catalogue.citing import article_name, instrument_name, source_name
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.words import word, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cbrn_consumers.desk.rulebook.shelf import Shelf
    from cbrn_routing.rulebook import Basis, Rule
    from cbrn_schemas.events.base import Language

TREATY: Final = "treaty"
ACT: Final = "act"
MANDATE: Final = "mandate"
SORTS: Final = (TREATY, ACT, MANDATE)
"""In this order they are read."""


class Resting(NamedTuple):
    """A rule that rests on an article."""

    id: str
    title: str
    duty: bool
    since: str
    until: str
    in_force: bool
    confidence: str
    low: bool
    source: str


class Article(NamedTuple):
    """One article of an act."""

    anchor: str
    name: str
    lang: str
    """Of the name."""
    rules: tuple[Resting, ...]


class Act(NamedTuple):
    """A treaty, an act, or the mandate of a body."""

    code: str
    sort: str
    name: str
    standing: str
    """How it binds the country; empty for what is no treaty."""
    status: str
    """The same in the catalogue's own words, which are English."""
    source: str
    confidence: str
    low: bool
    articles: tuple[Article, ...]


class Owing(NamedTuple):
    """What one framework asks of the country."""

    code: str
    name: str
    standing: str
    duties: tuple[Reading, ...]


def acts(shelf: Shelf, lang: Language) -> tuple[Act, ...]:
    """List everything that a rule of the book rests on: treaties first, then acts, then mandates of bodies."""
    found: dict[str, dict[str, list[Resting]]] = {}
    for instrument, article, resting in _resting(shelf, lang):
        found.setdefault(instrument, {}).setdefault(article, []).append(resting)
    made = [_act(code, articles, lang) for code, articles in found.items()]
    listed = list(frameworks())
    order = {code: index for index, code in enumerate(listed)}
    made.sort(key=lambda act: (SORTS.index(act.sort), order.get(act.code, len(order)), act.name))
    return tuple(made)


def duties(shelf: Shelf, lang: Language) -> tuple[Owing, ...]:
    """List what the country owes to others, by framework in the catalogue's order."""
    order = {code: index for index, code in enumerate(frameworks())}
    readings = [read(entry, shelf.on, lang) for entry in shelf.entries if entry.is_duty]
    asked = sorted(
        ((reading.owed, reading) for reading in readings if reading.owed), key=lambda one: order[one[0].framework]
    )
    return tuple(
        Owing(code, frameworks()[code].names.get(lang), _standing(code, lang), tuple(each for _, each in group))
        for code, group in groupby(asked, key=lambda one: one[0].framework)
    )


def sort_of(instrument: str) -> str:
    """Tell treaties, acts and mandates apart."""
    if instrument in frameworks():
        return TREATY
    return MANDATE if instrument.startswith("mandate-") else ACT


def _resting(shelf: Shelf, lang: Language) -> Iterator[tuple[str, str, Resting]]:
    """Yield each rule under each of its instruments and articles, as the book writes these."""
    for entry in shelf.entries:
        rule = entry.rule
        if isinstance(rule, DutyRule):
            yield rule.obligation.framework, rule.obligation.article, _duty_on(rule, shelf.on, lang)
            continue
        for basis in rule.bases:
            yield basis.instrument, basis.article, _rule_on(rule, basis, shelf.on, lang)


def _duty_on(duty: DutyRule, on: date, lang: Language) -> Resting:
    asks, since = owed(duty.obligation, on, lang), duty.obligation.since
    return Resting(
        id=duty.id,
        title=getattr(duty.title, lang),
        duty=True,
        since="" if since is None else _as_known(since),
        until="",
        in_force=asks.binds,
        confidence=asks.confidence,
        low=asks.low,
        source=asks.source,
    )


def _as_known(since: date) -> str:
    """Write a first day; the first of a year is what the catalogue makes of a source that gives the year alone."""
    return str(since.year) if (since.month, since.day) == (1, 1) else since.isoformat()


def _rule_on(rule: Rule, basis: Basis, on: date, lang: Language) -> Resting:
    said = law(basis, on, lang)
    return Resting(
        id=rule.id,
        title=getattr(rule.title, lang),
        duty=False,
        since=said.since,
        until=said.until,
        in_force=said.in_force,
        confidence=said.confidence,
        low=said.low,
        source=said.source,
    )


def _act(code: str, articles: dict[str, list[Resting]], lang: Language) -> Act:
    framework = frameworks().get(code)
    sources = dict.fromkeys(each.source for rules in articles.values() for each in rules if each.source)
    confidences = [each for rules in articles.values() for each in rules]
    return Act(
        code=code,
        sort=sort_of(code),
        name=instrument_name(code, lang) or code,
        standing=_standing(code, lang),
        status="" if framework is None or lang != "en" else framework.status,
        source="; ".join(sources) if framework is None else source_name(framework.source, lang),
        confidence=confidences[0].confidence
        if framework is None
        else word("confidence", framework.confidence_duties.value, lang),
        low=all(each.low for each in confidences),
        articles=tuple(
            Article(anchor_of(code, article), article_name(article, lang), lang_of(article, lang), tuple(rules))
            for article, rules in sorted(articles.items())
        ),
    )


def _standing(code: str, lang: Language) -> str:
    framework = frameworks().get(code)
    if framework is None or ("party_status", framework.standing.value) not in words():
        return ""
    return word("party_status", framework.standing.value, lang)

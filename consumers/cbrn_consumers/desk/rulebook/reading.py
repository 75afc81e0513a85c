"""One rule in the reader's language: what it says, whom it names, by which law, with the cases beside it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.desk.rulebook.shelf import HAZARDS, hazards_of, whens_of
from cbrn_routing.explain.wording import condition_name, duration_name
from cbrn_routing.rulebook import DutyRule
from cbrn_routing.rulebook.language import seconds
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.citing import addressee_name, article_name, instrument_name, source_name
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from cbrn_consumers.desk.rulebook.shelf import Entry
    from cbrn_routing.rulebook import Basis, Case, Rule, When
    from cbrn_schemas.catalogue.frameworks import Clock
    from cbrn_schemas.events.base import Language

SLUG_MAX: Final = 40
"""Characters of an article in an address; a longer one ends in some digits of its digest."""
_ROLES: Final = ("lead", "support", "inform")


class Named(NamedTuple):
    """A body, or a word that stands for bodies."""

    code: str
    """Empty for a word that stands for several."""
    name: str


class Party(NamedTuple):
    """Everybody in one role."""

    code: str
    """`lead`, `support`, `inform` or `partners`."""
    role: str
    named: tuple[Named, ...]


class Law(NamedTuple):
    """One basis."""

    instrument: str
    name: str
    article: str
    lang: str
    """Of the article: what no table translates stays in English."""
    anchor: str
    """Where the law's reading has it."""
    since: str
    until: str
    source: str
    confidence: str
    low: bool
    in_force: bool


class Example(NamedTuple):
    """A case that the author of the rule has written beside it."""

    title: str
    """In the author's own words: it is written in one language."""
    facts: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]


class Owed(NamedTuple):
    """What a duty asks for."""

    framework: str
    name: str
    standing: str
    article: str
    lang: str
    """Of the article: what no table translates stays in English."""
    anchor: str
    duty: str
    """Its text in English, as the catalogue has it."""
    addressees: str
    answers: str
    """Who answers for it at home; empty where no source says."""
    contact: str
    within: str
    stops: str
    source: str
    confidence: str
    low: bool
    binds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A rule as it is read. Lines are words, not codes."""

    id: str
    title: str
    duty: bool
    idle: bool
    """No basis of it is in force."""
    when: tuple[tuple[str, ...], ...]
    """Conditions of which any suffices; each with all that must hold."""
    also: tuple[tuple[str, ...], ...]
    unless: tuple[tuple[str, ...], ...]
    told: tuple[Party, ...]
    answer: str
    """By when; empty where it does not say."""
    restricted: bool
    possible: bool
    """A duty that the facts allow and do not prove."""
    hazards: tuple[str, ...]
    """Empty for all of them."""
    laws: tuple[Law, ...]
    owed: Owed | None
    cases: tuple[Example, ...]


def read(entry: Entry, on: date, lang: Language) -> Reading:
    """Put a rule into words."""
    rule = entry.rule
    duty = rule if isinstance(rule, DutyRule) else None
    sentence = None if isinstance(rule, DutyRule) else rule
    return Reading(
        id=rule.id,
        title=getattr(rule.title, lang),
        duty=duty is not None,
        idle=not (duty.obligation.binds(on) if duty else sentence is not None and sentence.in_force(on)),
        when=_conditions(whens_of(rule), lang),
        also=() if duty is None else _conditions(duty.also, lang),
        unless=_conditions(rule.unless, lang),
        told=() if sentence is None else tuple(_told(sentence, lang)),
        answer=answer_of(sentence, lang),
        restricted=sentence is not None and sentence.restricted,
        possible=duty is not None and duty.possible,
        hazards=hazard_names(whens_of(rule), lang),
        laws=() if sentence is None else tuple(law(basis, on, lang) for basis in sentence.bases),
        owed=None if duty is None else owed(duty.obligation, on, lang),
        cases=tuple(_example(case, lang) for case in rule.cases),
    )


def answer_of(rule: Rule | None, lang: Language) -> str:
    """Say within which time it asks for an answer; nothing where it does not."""
    within = None if rule is None else rule.acknowledge_within_s
    return "" if within is None else duration_name(within, lang)


def hazard_names(whens: Iterable[When], lang: Language) -> tuple[str, ...]:
    """Name the hazards that a rule is about; none where it is about all."""
    found = hazards_of(whens)
    return () if found >= frozenset(HAZARDS) else tuple(word("hazard", code, lang) for code in HAZARDS if code in found)


def named(name: str, lang: Language) -> Named:
    """Name one body, or what a rule's word stands for."""
    if name.startswith("{"):
        return Named("", word("symbol", name.strip("{}"), lang))
    return Named(name if name in bodies() else "", body_name(name, lang))


def law(basis: Basis, on: date | None, lang: Language) -> Law:
    """Say what a rule rests on."""
    return Law(
        instrument=basis.instrument,
        name=instrument_name(basis.instrument, lang) or basis.instrument,
        article=article_name(basis.article, lang),
        lang=lang_of(basis.article, lang),
        anchor=anchor_of(basis.instrument, basis.article),
        since=basis.since or "",
        until=basis.until or "",
        source=source_name(basis.source, lang),
        confidence=word("confidence", basis.confidence, lang),
        low=basis.confidence == "low",
        in_force=on is None or basis.in_force(on),
    )


def owed(clock: Clock, on: date, lang: Language) -> Owed:
    """Say what a framework asks of the country: whom to tell, by when, who answers for it."""
    framework = frameworks()[clock.framework]
    addressees = ", ".join(body_name(code, lang) for code in clock.addressees)
    wording = word("wording", clock.name, lang)
    return Owed(
        framework=clock.framework,
        name=framework.names.get(lang),
        standing=word("party_status", framework.standing.value, lang),
        article=article_name(clock.article, lang),
        lang=lang_of(clock.article, lang),
        anchor=anchor_of(clock.framework, clock.article),
        duty=clock.duty,
        addressees=addressees or addressee_name(clock.framework, framework.addressee, lang),
        answers=", ".join(body_name(code, lang) for code in framework.national_bodies),
        contact=", ".join(body_name(code, lang) for code in framework.focal_points),
        within=clock.wording if wording == clock.name else wording,
        stops=clock.stops,
        source=source_name(clock.source, lang),
        confidence=word("confidence", clock.confidence.value, lang),
        low=clock.confidence.value == "low",
        binds=clock.binds(on),
    )


def anchor_of(instrument: str, article: str = "") -> str:
    """Return the name of a place in the law's reading: of an act, or of one article of it."""
    slug = re.sub(r"[^a-z0-9]+", "-", article.lower()).strip("-")
    if len(slug) > SLUG_MAX:
        slug = f"{slug[:SLUG_MAX].rstrip('-')}-{sha256(article.encode()).hexdigest()[:6]}"
    return f"{instrument}--{slug}" if slug else instrument


def lang_of(article: str, lang: Language) -> str:
    """Tell in which language an article is written for a reader of `lang`."""
    return "en" if article_name(article, lang) == article and re.search("[a-z]{3}", article) else lang


def _told(rule: Rule, lang: Language) -> Iterator[Party]:
    lead = () if rule.lead is None else (rule.lead,)
    for code, names in zip(_ROLES, (lead, rule.support, rule.inform), strict=True):
        if names:
            yield Party(code, word("role", code, lang), tuple(named(name, lang) for name in names))
    if rule.partners:
        yield Party("partners", word("ui", "partners", lang), tuple(named(name, lang) for name in rule.partners))


def _conditions(whens: Iterable[When], lang: Language) -> tuple[tuple[str, ...], ...]:
    return tuple(_facts(when, lang) for when in whens)


def _facts(when: When, lang: Language) -> tuple[str, ...]:
    return tuple(condition_name(facet, wanted, lang) for facet, wanted in when.conditions().items())


def _example(case: Case, lang: Language) -> Example:
    return Example(case.title, _facts(case.facets, lang), tuple(_expected(case, lang)))


def _expected(case: Case, lang: Language) -> Iterator[tuple[str, str]]:
    lists = {"lead": None if case.lead is None else (case.lead,), "support": case.support, "inform": case.inform}
    for role, names in lists.items():
        if names is not None:
            yield word("role", role, lang), _names(names, lang)
    if case.partners is not None:
        yield word("ui", "partners", lang), _names(case.partners, lang)
    if case.acknowledge_within is not None:
        yield word("matrix", "answer", lang), duration_name(seconds(case.acknowledge_within), lang)
    if case.duties is not None:
        yield word("explain", "duties", lang), ", ".join(case.duties) or word("ui", "none", lang)


def _names(codes: Iterable[str], lang: Language) -> str:
    return ", ".join(body_name(code, lang) for code in codes) or word("ui", "nobody", lang)

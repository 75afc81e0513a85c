"""A rule book ready to be looked through: by words in any of the three languages, by body, hazard and instrument. Pure.

What is folded once is kept; a book has some hundreds of rules, and a list is found in a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from cbrn_routing.explain import stands_for
from cbrn_routing.explain.wording import condition_name
from cbrn_routing.rulebook import Directory, DutyRule, Rule
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS
from cbrn_schemas.catalogue.bodies import bodies, names_of_body
from cbrn_schemas.catalogue.citing import article_name, instrument_name
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.words import fold
from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from cbrn_routing.rulebook import RuleBook, When

TEXT_MAX: Final = 200
"""Characters of what is searched for that are looked at."""
PAGE: Final = 50
"""Rules on one page of the list."""
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
HAZARDS: Final = tuple(str(hazard) for hazard in SCALARS["hazard"])


class Filters(NamedTuple):
    """What is looked for; an empty text asks for nothing."""

    text: str = ""
    body: str = ""
    hazard: str = ""
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule, or one rule of duties, with what it is found by."""

    rule: Rule | DutyRule
    bodies: frozenset[str]
    """Everybody whom it names, or for whom a word in it may stand."""
    hazards: frozenset[str]
    instruments: tuple[str, ...]
    """Codes of what it rests on."""
    folded: str

    @property
    def is_duty(self) -> bool:
        """Whether it says what the country owes to others, and not who is told at home."""
        return isinstance(self.rule, DutyRule)


class Shelf:
    """One book as it stands on one day."""

    def __init__(self, book: RuleBook, on: date) -> None:
        self.book: Final = book
        self.on: Final = on
        self.directory: Final = Directory.from_catalogue(on)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every rule in the book's order, those of duties last."""
        rules = (_entry(rule, _words_of(rule), self.directory) for rule in self.book.rules)
        return (*rules, *(_entry(duty, _told_abroad(duty), self.directory) for duty in self.book.duties))

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """Every rule by its id."""
        return {entry.rule.id: entry for entry in self.entries}

    @cached_property
    def bodies(self) -> tuple[str, ...]:
        """Codes of the bodies that any rule names."""
        return tuple(sorted(frozenset(chain.from_iterable(entry.bodies for entry in self.entries)) & bodies().keys()))

    @cached_property
    def instruments(self) -> tuple[str, ...]:
        """Codes of everything that a rule rests on."""
        return tuple(sorted(frozenset(chain.from_iterable(entry.instruments for entry in self.entries))))

    def find(self, filters: Filters) -> list[Entry]:
        """Find the rules that answer to all that is asked for; each word of the text must begin a word of theirs."""
        asked = [f" {token}" for token in fold(filters.text[:TEXT_MAX]).split()]
        return [
            entry
            for entry in self.entries
            if (not filters.body or filters.body in entry.bodies)
            and (not filters.hazard or filters.hazard in entry.hazards)
            and (not filters.instrument or filters.instrument in entry.instruments)
            and all(token in entry.folded for token in asked)
        ]


def hazards_of(whens: Iterable[When]) -> frozenset[str]:
    """Return the hazards of the events that any of the conditions can match, as far as hazard and kind say."""
    found: set[str] = set()
    for when in whens:
        named = when.conditions()
        of_kinds = chain.from_iterable(HAZARDS_OF[str(kind)] for kind in named.get("kind", ()))
        possible = frozenset(map(str, of_kinds)) or frozenset(HAZARDS)
        found |= possible & frozenset(map(str, named.get("hazard", HAZARDS)))
    return frozenset(found)


def whens_of(rule: Rule | DutyRule) -> tuple[When, ...]:
    """Return the conditions of which any suffices."""
    return rule.when if isinstance(rule, DutyRule) else (rule.when,)


def instruments_of(rule: Rule | DutyRule) -> tuple[str, ...]:
    """Return the codes of what a rule rests on, each once."""
    if isinstance(rule, DutyRule):
        return (rule.obligation.framework,)
    return tuple(dict.fromkeys(basis.instrument for basis in rule.bases))


def articles_of(rule: Rule | DutyRule) -> tuple[str, ...]:
    """Return the articles, as the book writes them."""
    return (rule.obligation.article,) if isinstance(rule, DutyRule) else tuple(basis.article for basis in rule.bases)


def _entry(rule: Rule | DutyRule, names: Iterable[str], directory: Directory) -> Entry:
    told = frozenset(chain.from_iterable(stands_for(directory, name) for name in names))
    instruments = instruments_of(rule)
    return Entry(rule, told, hazards_of(whens_of(rule)), instruments, f" {fold(' '.join(_said(rule, told)))}")


def _said(rule: Rule | DutyRule, told: Iterable[str]) -> Iterator[str]:
    """Yield everything by which somebody may look for the rule."""
    yield rule.id
    for code in told:
        yield code
        if code in bodies():
            yield from names_of_body(bodies()[code])
    for lang in LANGUAGES:
        yield getattr(rule.title, lang)
        yield from (instrument_name(code, lang) or code for code in instruments_of(rule))
        yield from (article_name(article, lang) for article in articles_of(rule))
        for when in whens_of(rule):
            yield from (condition_name(facet, wanted, lang) for facet, wanted in when.conditions().items())
    yield from instruments_of(rule)


def _words_of(rule: Rule) -> tuple[str, ...]:
    return tuple(filter(None, (rule.lead, *rule.support, *rule.inform, *rule.partners)))


def _told_abroad(duty: DutyRule) -> tuple[str, ...]:
    """Return whom a duty concerns: who is owed it, and who answers for it at home."""
    framework = frameworks()[duty.obligation.framework]
    return tuple(dict.fromkeys((*duty.obligation.addressees, *framework.national_bodies, *framework.focal_points)))

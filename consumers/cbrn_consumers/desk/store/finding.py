"""By what a situation is found: its name and words in three languages, written as `spelled` writes them. Pure.

`ozgon`, `Озгон` and `Өзгөн` are one. A search is for the beginnings of words, all of which must be there. Folded here
once, both databases give the same answers: neither stems, and neither knows Kyrgyz.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final, get_args

from sqlalchemy import TextClause, text

from cbrn_schemas.catalogue.agents import agents
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.naming import place_name
from cbrn_schemas.catalogue.places import district, facility
from cbrn_schemas.catalogue.spelling import spelled
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import UnknownCodeError
from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_consumers.standing import Told

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
WORD_MAX: Final = 40
"""Letters of a word that are looked at; what is longer is no word."""
WORDS_MAX: Final = 400
SEARCH_MAX: Final = 200
"""Letters of a search."""
ASKED_MAX: Final = 12
"""Words of a search that are looked for."""


def found_by(told: Told, region: str) -> str:
    """List the words by which a situation is found, each once, with blanks between."""
    facts = told.facts
    found = [_words(told.situation), *map(_words, told.headlines.values())]
    found += map(_place_words, dict.fromkeys((facts.place, region, *facts.spots)))
    found += (_substance_words(code) for each in facts.substances for code in (each.code, *sorted(each.ids)))
    found += (_body_words(told.publisher), _label_words("kind", told.kind))
    return " ".join(list(dict.fromkeys(chain.from_iterable(found)))[:WORDS_MAX])


def found_by_name(situation: str, bodies: Iterable[str], headlines: Iterable[str]) -> str:
    """List the words by which a situation is found of which only its name and a line are known."""
    found = [_words(situation), *map(_words, headlines), *map(_body_words, bodies)]
    return " ".join(list(dict.fromkeys(chain.from_iterable(found)))[:WORDS_MAX])


def region_of(place: str) -> str:
    """Return the code of the region in which a place lies; empty where it is abroad or unknown."""
    if place.startswith("KG-"):
        return place
    return _region(place) if place[:1].isdigit() else ""


@cache
def _region(place: str) -> str:
    try:
        return district(place).region
    except UnknownCodeError:
        return ""


@lru_cache(maxsize=4096)
def _place_words(code: str) -> tuple[str, ...]:
    """List the words of a place's names: district, region, country, site or crossing."""
    if not code:
        return ()
    names = [code, *(place_name(code, lang) for lang in LANGUAGES)]
    with suppress(UnknownCodeError):
        names += facility(code).names
    return tuple(_of(names))


@lru_cache(maxsize=4096)
def _substance_words(code: str) -> tuple[str, ...]:
    known = agents().get(code)
    return tuple(_of([code, *(known.names if known is not None else ())]))


@cache
def _body_words(code: str) -> tuple[str, ...]:
    known = bodies().get(code)
    return tuple(_of([code, *((*known.names, *known.abbreviations) if known is not None else ())]))


@cache
def _label_words(group: str, code: str) -> tuple[str, ...]:
    return tuple(_of([code, *(word(group, code, lang) for lang in LANGUAGES)]))


def _of(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from _words(name)


@lru_cache(maxsize=16_384)
def _words(said: str) -> tuple[str, ...]:
    return tuple(one for each in said.split() for one in _spelled_words(each))


@lru_cache(maxsize=65_536)
def _spelled_words(said: str) -> tuple[str, ...]:
    return tuple(one[:WORD_MAX] for one in spelled(said).split() if one.isalnum())


def asked(wanted: str) -> tuple[str, ...]:
    """List the beginnings of words that a search asks for; nothing where it asks for nothing."""
    return tuple(dict.fromkeys(_words(wanted[:SEARCH_MAX])))[:ASKED_MAX]


def matching(words: tuple[str, ...], *, sqlite: bool) -> TextClause:
    """Return the condition on `situations`. Words are letters and figures alone, so that they need no escaping."""
    if sqlite:
        found = "situations.number IN (SELECT rowid FROM situations_found WHERE situations_found MATCH :wanted)"
        return text(found).bindparams(wanted=_match(words))
    found = "array_to_tsvector(string_to_array(situations.found_by, ' ')) @@ CAST(:wanted AS tsquery)"
    return text(found).bindparams(wanted=" & ".join(f"'{one}':*" for one in words))


def numbers_of(words: tuple[str, ...], at_most: int) -> TextClause:
    """Return the question for the numbers of what is found, of SQLite."""
    found = "SELECT rowid FROM situations_found WHERE situations_found MATCH :wanted LIMIT :at_most"
    return text(found).bindparams(wanted=_match(words), at_most=at_most)


def _match(words: tuple[str, ...]) -> str:
    return " ".join(f'"{one}"*' for one in words)

"""Which kind of report: all of them in families, and those that a search finds, with the sentence about each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.catalogue.agents import find_agent
from cbrn_schemas.catalogue.searching import kind_index
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.events import EVENT_TYPES

if TYPE_CHECKING:
    from cbrn_schemas.events.base import Language

WANTED_CHARS_MAX: Final = 200
_DISEASES: Final = {"human-disease": "human", "animal-disease": "animal", "plant-disease": "plant"}
"""Of whom an agent makes whom ill, the kind that reports it."""


class Offer(NamedTuple):
    """One kind."""

    kind: str
    name: str
    about: str


class Family(NamedTuple):
    """Kinds that belong together."""

    code: str
    name: str
    offers: tuple[Offer, ...]


OFFERED: Final = tuple(kind for kind in EVENT_TYPES if kind != "foreign-alert")
"""What a form can be filled in for: what a partner says comes from its own document."""


def family_of(kind: str) -> str:
    """Return the family of a kind: that of its module."""
    return EVENT_TYPES[kind].__module__.rpartition(".")[2].replace("_", "-")


def families(lang: Language, wanted: str = "") -> tuple[Family, ...]:
    """Return the kinds in their families; of a search only what it finds, in any language and spelling."""
    wanted = wanted[:WANTED_CHARS_MAX].strip()
    found = set(OFFERED) if not wanted else set(_found(wanted))
    codes = dict.fromkeys(map(family_of, OFFERED))
    made = (Family(code, word("kind-family", code, lang), _offers(code, found, lang)) for code in codes)
    return tuple(family for family in made if family.offers)


def about(kind: str, lang: Language) -> str:
    """Return the sentence about a kind, without the marks that stand for code."""
    return word("kind-about", kind, lang).replace("`", "")


def _found(wanted: str) -> tuple[str, ...]:
    """Find kinds by name and by what is said of them; by the name of a disease those in which it is reported."""
    agent = find_agent(wanted)
    if agent is not None:
        return tuple(kind for kind, reported in _DISEASES.items() if getattr(agent, reported))
    index = kind_index()
    return tuple(kind for _, kind in index.ranked(wanted)) or index.similar(wanted)


def _offers(family: str, found: set[str], lang: Language) -> tuple[Offer, ...]:
    kinds = (kind for kind in OFFERED if kind in found and family_of(kind) == family)
    return tuple(Offer(kind, word("kind", kind, lang), about(kind, lang)) for kind in kinds)

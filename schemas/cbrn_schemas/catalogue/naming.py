"""Names that people read, for the codes that travel.

A code that the catalogue does not know is shown as it is: a missing name must never hide an alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.bodies import bodies, neighbour
from cbrn_schemas.catalogue.places import district, region
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.events.base import Language

ISO_COUNTRY_LETTERS = 2
ELSEWHERE = "ZZ"
"""Abroad, and nobody can say in which country (ISO 3166-1 leaves the code to users)."""


def body_name(code: str, lang: Language) -> str:
    """Return the short name of a body."""
    known = bodies().get(code)
    return code if known is None else known.short(lang)


def place_name(code: str, lang: Language) -> str:
    """Name a district (SOATE digits), region (`KG-J`) or country (`UZ`).

    «Unknown» for an empty code, «another» for `ZZ`.
    """
    if not code:
        return word("ui", "unknown", lang)
    if code == ELSEWHERE:
        return word("facet", "other", lang)
    try:
        if code.startswith("KG-"):
            return region(code).name(lang)
        if len(code) == ISO_COUNTRY_LETTERS and code.isalpha():
            country = neighbour(code)
            return word("place", code, lang) if country is None else country.short(lang)
        return district(code).name(lang)
    except UnknownCodeError:
        return code


def words_of(group: str, codes: Iterable[str], lang: Language) -> str:
    """Return the labels of several codes, comma-separated."""
    return ", ".join(word(group, code, lang) for code in codes)

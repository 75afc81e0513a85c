"""Names that people read, for the codes that travel.

A code that the catalogue does not know is shown as it is: a missing name must never hide an alert.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_schemas.catalogue.bodies import bodies, neighbour
from cbrn_schemas.catalogue.places import district, region
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount
from cbrn_schemas.errors import UnknownCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_schemas.catalogue.places import Facility
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


def site_name(site: Facility, distance_km: float | None, lang: Language) -> str:
    """Write `Kumtor (F16; 1.2 km; the site's position is an own estimate, ± 3 km)`."""
    remarks = [site.id]
    remarks += [] if distance_km is None else [amount(distance_km, "km", lang)]
    if not site.surveyed:
        error = "" if site.accuracy_km is None else f", ± {amount(site.accuracy_km, 'km', lang)}"
        remarks.append(word("place", "own-estimate", lang) + error)
    return f"{site.names.get(lang)} ({'; '.join(remarks)})"


def words_of(group: str, codes: Iterable[str], lang: Language) -> str:
    """Return the labels of several codes, comma-separated."""
    return ", ".join(word(group, code, lang) for code in codes)

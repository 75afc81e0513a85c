"""Why a copy waits, cannot leave, or loses a field: the agreement's codes in the reader's language. Pure.

A code without a word is shown as it is, and so is what the keeper has said in words of its own: nothing is hidden for
want of a translation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_schemas.catalogue.words import word, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbrn_schemas.events.base import Language
    from cbrn_schemas.partner_release import Withheld

SHARING: Final = "sharing"
WITHHELD: Final = "withheld"
CLAUSE: Final = "clause"


def clause_text(clause: str, lang: Language) -> str:
    """Write `fields.3, article 5` as `named fields 4, article 5`."""
    path, _, article = clause.partition(", ")
    name, _, place = path.partition(".")
    number = f" {int(place) + 1}" if place.isascii() and place.isdigit() else f" {place}" if place else ""
    return ", ".join(filter(None, (f"{word(CLAUSE, name, lang)}{number}", article)))


def clauses_in(clauses: Mapping[str, str], lang: Language) -> dict[str, str]:
    """Write the clause that lets each field through."""
    return {field: clause_text(clause, lang) for field, clause in clauses.items()}


def withheld_in(withheld: tuple[Withheld, ...], lang: Language) -> dict[str, str]:
    """Write why each field stays, or passes coarser than it is; all reasons of one field together."""
    found: dict[str, list[str]] = {}
    for each in withheld:
        found.setdefault(each.field, []).append(word(WITHHELD, each.why, lang))
    return {field: "; ".join(dict.fromkeys(said)) for field, said in found.items()}


def verdict_in(why: str, lang: Language) -> str:
    """Write the agreement's verdict; empty where the keeper's words hold none.

    The log says it in English, since it is read for years and by everybody: its words are looked up the other way.
    """
    said = {code: names for (group, code), names in words().items() if group == SHARING}
    return "; ".join(names.get(lang) for names in said.values() if names.en and names.en in why)

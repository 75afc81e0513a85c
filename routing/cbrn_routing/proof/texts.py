"""Every text in three languages: titles of rules, words of the vocabulary, names of bodies and of frameworks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol, get_args

from cbrn_routing.proof.findings import Finding
from cbrn_routing.rulebook.vocabulary import ANY, HAZARDS_OF, NONE, SCALARS, SETS
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.citing import instrument_name
from cbrn_schemas.catalogue.frameworks import frameworks
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.events.base import Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbrn_routing.rulebook import RuleBook

_CYRILLIC: Final = re.compile(r"[А-яЁёҢңӨөҮү]")
_LATIN_WORD: Final = re.compile(r"[A-Za-z]{2}")
_VOCABULARY: Final = {
    "kind": tuple(HAZARDS_OF),
    "hazard": SCALARS["hazard"],
    "severity": SCALARS["severity"],
    "urgency": SCALARS["urgency"],
    "certainty": SCALARS["certainty"],
    "status": SCALARS["status"],
    "lane": SCALARS["lane"],
    "exposed": tuple(value for value in SETS["exposed"] if value not in {ANY, NONE}),
    "trait": tuple(value for value in SETS["traits"] if value not in {ANY, NONE}),
    "role": ("lead", "support", "inform"),
}
"""By group of the table of words the codes that a decision shows to people."""


class _Names(Protocol):
    """A text in three languages."""

    @property
    def ky(self) -> str: ...
    @property
    def ru(self) -> str: ...
    @property
    def en(self) -> str: ...


def texts(book: RuleBook) -> Iterator[Finding]:
    """Report every text that is missing in a language, or was only copied from the English."""
    for rule in book.rules:
        yield from _missing(f"rule {rule.id}", rule.title, (rule.id,))
    for duty in book.duties:
        yield from _missing(f"duty {duty.id}", duty.title, (duty.id,))
    yield from _words()
    for code, body in bodies().items():
        if body.own:  # of what an installation adds speaks `cbrn bodies check`: a book is no worse for it
            continue
        yield from _missing(f"body {code}", body.names)
        yield from _missing(f"body {code}, short", body.abbreviations)
    for code, framework in frameworks().items():
        yield from _missing(f"framework {code}", framework.names)


def instruments(book: RuleBook) -> Iterator[Finding]:
    """Report every instrument that has no name."""
    unknown: dict[str, list[str]] = {}
    for rule in book.rules:
        for basis in rule.bases:
            if instrument_name(basis.instrument, "en") is None:
                unknown.setdefault(basis.instrument, []).append(rule.id)
    for instrument, rules in unknown.items():
        yield Finding("warning", "instrument-unknown", instrument, tuple(dict.fromkeys(rules)))


def _words() -> Iterator[Finding]:
    table: Mapping[tuple[str, str], _Names] = words()
    for group, codes in _VOCABULARY.items():
        for code in codes:
            if (group, code) not in table:
                yield Finding("error", "text-missing", f"word {group}/{code}: ky, ru, en")
    for (group, code), names in table.items():
        yield from _missing(f"word {group}/{code}", names)


def _missing(what: str, names: _Names, rules: tuple[str, ...] = ()) -> Iterator[Finding]:
    lacking = [lang for lang in get_args(Language) if not getattr(names, lang).strip()]
    if lacking:
        yield Finding("error", "text-missing", f"{what}: {', '.join(lacking)}", rules)
    copied = [lang for lang in ("ky", "ru") if _is_copied(getattr(names, lang))]
    if copied:
        yield Finding("error", "text-not-translated", f"{what}: {', '.join(copied)}", rules)


def _is_copied(text: str) -> bool:
    """Tell whether there are Latin words and not one Cyrillic letter: then it is in neither Kyrgyz nor Russian."""
    return _LATIN_WORD.search(text) is not None and _CYRILLIC.search(text) is None

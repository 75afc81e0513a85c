"""Rules, conditions and cells in words, for people.

Codes become names in the chosen language; a code without a name is shown as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cbrn_routing.rulebook.vocabulary import ANY, NONE, OTHER, UNKNOWN
from cbrn_schemas.catalogue.naming import body_name, place_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.explain.conditions import Condition
    from cbrn_routing.rulebook import When
    from cbrn_schemas.events.base import Language

_PLACES: Final = frozenset({"region", "country", "neighbours", "downstream"})
_GROUPS: Final = {"traits": "trait"}
_SPECIAL: Final = {ANY: "any", NONE: "none", OTHER: "other", UNKNOWN: "unknown"}
_HOME: Final = "KG"
MINUTE_S: Final = 60
HOUR_S: Final = 3600


def facet_name(facet: str, lang: Language) -> str:
    """Return `severity` as «тяжесть»."""
    return word("facet", facet, lang)


def value_name(facet: str, value: object, lang: Language) -> str:
    """Name one value of a facet; None is «unknown»."""
    if value is None:
        return word("facet", UNKNOWN, lang)
    if isinstance(value, bool):
        return word("facet", "yes" if value else "no", lang)
    text = str(value)
    if text in _SPECIAL:
        return word("facet", _SPECIAL[text], lang)
    if facet in _PLACES:
        return word("place", text, lang) if text == _HOME else place_name(text, lang)
    return word(_GROUPS.get(facet, facet), text, lang)


def values_name(facet: str, values: Any, lang: Language) -> str:
    """Name a value, or several, comma-separated; «none» for an empty set."""
    if not isinstance(values, tuple | list | set | frozenset):
        return value_name(facet, values, lang)
    names = [value_name(facet, value, lang) for value in values]
    return ", ".join(names) or word("facet", NONE, lang)


def condition_name(facet: str, wanted: Iterable[object], lang: Language) -> str:
    """Return «severity: Severe, Extreme»."""
    return f"{facet_name(facet, lang)}: {values_name(facet, tuple(wanted), lang)}"


def when_name(when: When, lang: Language) -> str:
    """Name all conditions of a `when`, semicolons between them."""
    return "; ".join(condition_name(facet, wanted, lang) for facet, wanted in when.conditions().items())


def met_name(condition: Condition, lang: Language) -> str:
    """Name a condition that holds: by what it was met."""
    met = condition.by or condition.wanted
    plain = [value for value in met if value not in {ANY, NONE}]
    return condition_name(condition.facet, plain or _got(condition), lang)


def failed_name(condition: Condition, lang: Language) -> str:
    """Name a condition that does not hold: wanted against got."""
    wanted = condition_name(condition.facet, condition.wanted, lang)
    return f"{wanted} ≠ {values_name(condition.facet, condition.got, lang)}"


def _got(condition: Condition) -> tuple[object, ...]:
    return condition.got if isinstance(condition.got, tuple) else (condition.got,)


def named(name: str, lang: Language) -> str:
    """Name a body for a rule's word: a short name with the code, or what the symbol stands for."""
    if name.startswith("{"):
        return word("symbol", name.strip("{}"), lang)
    short = body_name(name, lang)
    return short if short == name else f"{short} ({name})"


def duration_name(seconds: int | None, lang: Language) -> str:
    """Write `900` as «15 min», `7200` as «2 h»; «none» where no answer is asked for."""
    if seconds is None:
        return word("ui", "none", lang)
    if seconds % HOUR_S == 0:
        return f"{seconds // HOUR_S} {word('ui', 'hours', lang)}"
    return f"{number(seconds / MINUTE_S, lang)} {word('ui', 'minutes', lang)}"

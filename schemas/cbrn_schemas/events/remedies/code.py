"""What to do about a word where a code is wanted: the code, by names in any language and other spellings."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, get_args

from cbrn_schemas.catalogue.agents import agents, find_agent
from cbrn_schemas.catalogue.bodies import bodies, find_body
from cbrn_schemas.catalogue.nuclides import canonical_nuclide
from cbrn_schemas.catalogue.searching import kind_names
from cbrn_schemas.catalogue.spelling import nearest
from cbrn_schemas.catalogue.words import also_called, fold, words
from cbrn_schemas.events.base import Hazard
from cbrn_schemas.events.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cbrn_schemas.events.remedies.mistake import Mistake

__all__ = ["code_hint", "kind_meant"]

_CYRILLIC_SYMBOLS: Final = str.maketrans("асеiкмнорту", "aceikmhopty")
"""Letters of the Russian keyboard that look like those of a symbol: `Сs-137`."""
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
_CAS_DIGITS: Final = range(5, 11)
_OF_A_TEXT: Final = frozenset({"string_pattern_mismatch", "string_type"})
_NO_OBJECT: Final = frozenset({"dict_type", "model_type", "model_attributes_type"})
_IN_QUOTES: Final = frozenset({"un_number", "cas", "hs_code", "hs_codes", "contact"})
_OUR_LETTERS: Final = re.compile("[ңөү]", re.IGNORECASE)
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)
_HEADLINE_CHARS: Final = 40
_KIND_CHARS_MAX: Final = 200


def code_hint(mistake: Mistake) -> str | None:
    """Name the code that was meant; None where the field has none, or nobody can tell."""
    if mistake.error in _NO_OBJECT and isinstance(mistake.value, str):
        return _text_hint(mistake) if "texts" in mistake.path else _as_object(mistake)
    if mistake.error == "tuple_type" and isinstance(mistake.value, str) and (item := _item(mistake)):
        return f'write "{mistake.field}": [{item}]'
    if mistake.error == "literal_error":
        return _closed_list(mistake)
    if mistake.error == "extra_forbidden":
        return _hazards(mistake)
    return _code_of(mistake) if mistake.error in _OF_A_TEXT else None


def _code_of(mistake: Mistake) -> str | None:
    find = _OF_THE_CATALOGUE.get(mistake.field)
    found = find(mistake.text) if find is not None and mistake.text else None
    if found is not None:
        return f'write "{found}"{_called(mistake.field, found)}'
    in_quotes = mistake.field in _IN_QUOTES and mistake.text and isinstance(mistake.value, int)
    return f'write "{mistake.text}", as text in quotes' if in_quotes else None


def _body(text: str) -> str | None:
    found = find_body(text)
    return found.code if found is not None else next(iter(nearest(text.casefold(), bodies(), 1)), None)


def _agent(text: str) -> str | None:
    agent = find_agent(text)
    return agent.code if agent is not None else next(iter(nearest(text.casefold(), agents(), 1)), None)


def _un_number(text: str) -> str | None:
    found = re.search(r"\d{4}", text)
    return found[0] if found else None


def _cas(text: str) -> str | None:
    digits = re.sub(r"\D", "", text)
    return f"{digits[:-3]}-{digits[-3:-1]}-{digits[-1]}" if len(digits) in _CAS_DIGITS else None


def _country(text: str) -> str | None:
    named = find_body(text)
    return named.country if named is not None else None


def _called(field: str, code: str) -> str:
    """Name in brackets what the code stands for, so that a wrong guess is seen."""
    named = bodies().get(code) if field == "body" else agents().get(code) if field == "code" else None
    return f" ({named.names.en})" if named is not None else ""


def _nuclide(text: str) -> str | None:
    folded = fold(text)
    name = _LETTERS.search(folded)
    if name is not None and (symbol := _labels("element").get(name[0])) is not None:
        return canonical_nuclide(folded.replace(name[0], symbol).replace(" ", "-"))
    return canonical_nuclide(text) or canonical_nuclide(text.casefold().translate(_CYRILLIC_SYMBOLS))


def _closed_list(mistake: Mistake) -> str | None:
    """Look the word up among the labels of a closed list, in every language."""
    allowed = re.findall(r"'([^']*)'", str(mistake.context.get("expected", "")))
    if isinstance(mistake.value, list | tuple):
        return _one_of_many(mistake, allowed)
    text = mistake.text
    if mistake.value == mistake.field:  # a key of a mapping
        language = _labels("language").get(fold(text), text.casefold())
        return f"did you mean {language}? use one of: {', '.join(allowed)}" if language in allowed else None
    wanted = _labels(mistake.field) or _labels("value")
    meant = next((code for code in allowed if fold(code) == fold(text)), wanted.get(fold(text)))
    return f"did you mean {meant}? use one of: {', '.join(allowed)}" if meant in allowed else None


def _hazards(mistake: Mistake) -> str | None:
    """Tell the one hazard from the further ones."""
    known = mistake.known is None and mistake.field == "hazards" and isinstance(mistake.value, list)
    return _one_of_many(mistake._replace(path=("hazard",)), list(get_args(Hazard))) if known else None


def _one_of_many(mistake: Mistake, allowed: list[str]) -> str | None:
    first, *others = [item for item in mistake.value if item in allowed] or [None]
    if first is None:
        return None
    more = f', and "further_hazards": {others}'.replace("'", '"') if others and mistake.field == "hazard" else ""
    return f'write one word, without brackets: "{mistake.field}": "{first}"{more}'


@cache
def _labels(group: str) -> Mapping[str, str]:
    """Return the codes of a group by what they are called, folded."""
    labels = [(code, names) for (found, code), names in words().items() if found == group]
    return {fold(name): code for code, names in (*labels, *also_called(group).items()) for name in names if name}


def kind_meant(text: str) -> str | None:
    """Name the kind that is meant by a type, a class's name or a label in any language; None where there is none."""
    if len(text) > _KIND_CHARS_MAX:
        return None
    called = kind_names().called(text)  # a class's name is the kind's, written together
    return kind_of(text) or (called[0] if len(called) == 1 else None)


def _text_hint(mistake: Mistake) -> str | None:
    """Put a text into its language and headline."""
    text = mistake.value if len(mistake.value) <= _HEADLINE_CHARS else f"{mistake.value[:_HEADLINE_CHARS]}…"
    headline = f'{{"headline": "{text}"}}'
    if mistake.path[-1] != "texts":
        return f'write "{mistake.field}": {headline}'
    language = "ky" if _OUR_LETTERS.search(text) else "ru" if _CYRILLIC.search(text) else "en"
    return f'write "texts": {{"{language}": {headline}}}; ky is Kyrgyz, ru Russian, en English'


def _as_object(mistake: Mistake) -> str | None:
    """Put a name into the field of the object that it names."""
    text = mistake.text
    if mistake.field in {"agent", "agents"}:
        code = _agent(text)
        return (
            f'write "agent": {{"code": "{code}", "confirmed": false}}; true once a laboratory says so' if code else None
        )
    item = _item(mistake)
    return f"write {item} in the list" if item else None


def _item(mistake: Mistake) -> str | None:
    """Write the object of a list that a name alone stands for."""
    if mistake.field == "substances":
        return f'{{"name": "{mistake.text[:_HEADLINE_CHARS]}"}}'
    nuclide = _nuclide(mistake.text) if mistake.field == "sources" else None
    return f'{{"nuclide": "{nuclide}"}}' if nuclide else None


_OF_THE_CATALOGUE: Final[Mapping[str, Callable[[str], str | None]]] = {
    "body": _body,
    "code": _agent,
    "nuclide": _nuclide,
    "nuclides": _nuclide,
    "un_number": _un_number,
    "cas": _cas,
    **dict.fromkeys(("origin", "destination", "origin_country", "destination_country", "imported_from"), _country),
}
"""Who finds the code that was meant, by the field's name."""

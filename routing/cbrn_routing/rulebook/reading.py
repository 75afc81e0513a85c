"""From a rule file's text to typed rules, or to problems that its author can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import yaml
from pydantic import ValidationError

from cbrn_routing.rulebook.duty_rules import DutyRule, RuleFile
from cbrn_routing.rulebook.errors import Problem, RuleFileError
from cbrn_routing.rulebook.language import SYMBOLS, Rule
from cbrn_schemas.bounded_yaml import UniqueKeys, measure
from cbrn_schemas.catalogue.bodies import body_meant
from cbrn_schemas.catalogue.spelling import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REMEDIES: Final = {
    "missing": "Add the field.",
    "string_pattern_mismatch": "Write it in the form {pattern}",
    "too_short": "Give at least one.",
    "date_type": "Write it as 2025-05-12.",
}
_BODY_FIELDS: Final = frozenset({"lead", "support", "inform", "partners"})
_SHOWN: Final = 12
"""Allowed values that a message lists before it stops."""
_NUMBER_BITS_MAX: Final = 64
"""Python refuses to write out larger ones (some 4,300 digits), and a message shows what was given."""


class _Loader(UniqueKeys):
    """Numbers and dates as a rule book may hold them."""

    def construct_value(self, node: yaml.ScalarNode) -> Any:
        """Read a number that can be written out again, or a date."""
        value = yaml.SafeLoader.yaml_constructors[node.tag](self, node)
        if isinstance(value, int) and value.bit_length() > _NUMBER_BITS_MAX:
            raise ValueError("no number of a rule book is so large")
        return value


for _tag in ("int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_value)


def read_rule_file(text: str, *, name: str, ours: bool = False) -> RuleFile:
    """Return the typed content of a rule file called `name`; `ours`: it came with the program, so is of due size.

    Raises:
        RuleFileError: with every problem of the file.
    """
    try:
        if not ours:
            measure(text)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        raise RuleFileError((_yaml_problem(error, name),)) from None
    try:
        return RuleFile.model_validate(data if data is not None else {})
    except ValidationError as error:
        problems = tuple(_problem(item, data, name) for item in _telling(error))
        raise RuleFileError(tuple(dict.fromkeys(problems))) from None


def _telling(error: ValidationError) -> list[Mapping[str, Any]]:
    """Drop errors that only follow from another: a list whose one value is wrong is also «too short»."""
    found = [cast("Mapping[str, Any]", item) for item in error.errors()]
    return [
        item
        for item in found
        if item["type"] != "too_short"
        or not any(other is not item and other["loc"][: len(item["loc"])] == item["loc"] for other in found)
    ]


def _yaml_problem(error: yaml.YAMLError, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
    return Problem(place, None, "-", str(getattr(error, "problem", None) or error), "Correct the YAML at this line.")


def _problem(item: Mapping[str, Any], data: Any, name: str) -> Problem:
    """Word one pydantic error as a sentence with the rule's id instead of its number."""
    path: Sequence[str | int] = item["loc"]
    rule, words = None, [*RuleFile.model_fields]
    if len(path) > 1 and path[0] in {"rules", "duties"} and isinstance(path[1], int):
        rule = _rule_id(data[path[0]], path[1])
        words = [*(Rule if path[0] == "rules" else DutyRule).model_fields]
        path = path[2:]
    field = ".".join(str(part) for part in path if not _is_branch(part)) or "-"
    message, remedy = _sentence(item, path, words)
    return Problem(name, rule, field, message, remedy)


def _rule_id(rules: Any, index: int) -> str:
    rule = rules[index] if isinstance(rules, list) else None  # YAML has sets and pairs, too
    return str(rule.get("id", f"number {index + 1}")) if isinstance(rule, dict) else f"number {index + 1}"


def _is_branch(part: str | int) -> bool:
    """Tell whether pydantic named a member of a union here, which is not in the file."""
    return isinstance(part, str) and (part == "Basis" or "[" in part)


def _sentence(item: Mapping[str, Any], path: Sequence[str | int], words: list[str]) -> tuple[str, str]:
    given = item["input"]
    if isinstance(given, dict) and f"{{{next(iter(given), '')}}}" in SYMBOLS:
        symbol = f"{{{next(iter(given))}}}"
        return f"YAML reads {symbol} as a mapping", f'Put it in quotes: "{symbol}".'
    if item["type"] == "string_pattern_mismatch" and path[0] in _BODY_FIELDS:
        remedy = f"{body_meant(str(given))} Symbols: {', '.join(SYMBOLS)}."
        return f"«{given}» is neither a body's code nor a symbol", remedy
    if item["type"] == "literal_error":
        return _not_allowed(given, item["ctx"]["expected"])
    if item["type"] == "extra_forbidden":
        return "the language has no such field", _nearest(str(path[-1]), words)
    if item["type"] == "value_error":
        message, _, remedy = str(item["ctx"]["error"]).partition(": ")
        return message, f"{remedy[:1].upper()}{remedy[1:]}." if remedy else "Correct it."
    remedy = _REMEDIES.get(item["type"], "Correct the value.").format_map({"pattern": "", **item.get("ctx", {})})
    return f"{item['msg'][:1].lower()}{item['msg'][1:]}", remedy


def _not_allowed(given: Any, expected: str) -> tuple[str, str]:
    allowed = [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]
    return f"«{given}» is not in the vocabulary", _nearest(str(given), allowed)


def _nearest(given: str, allowed: list[str]) -> str:
    listed = ", ".join(allowed[:_SHOWN]) + (", ..." if len(allowed) > _SHOWN else "")
    return did_you_mean(given, allowed, f"Use one of: {listed}.")

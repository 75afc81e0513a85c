"""From a rule file's text to typed rules, or to problems that its author can act on.

The only module that knows YAML.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, cast

import yaml
from pydantic import ValidationError

from cbrn_routing.rulebook.duty_rules import DutyRule, RuleFile
from cbrn_routing.rulebook.errors import Problem, RuleFileError
from cbrn_routing.rulebook.language import SYMBOLS, Rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

_REMEDIES: Final = {
    "missing": "Add the field.",
    "string_pattern_mismatch": "Write it in the form {pattern}",
    "too_short": "Give at least one.",
    "date_type": "Write it as 2025-05-12.",
}
_BODY_FIELDS: Final = frozenset({"lead", "support", "inform", "partners"})
_SHOWN: Final = 12
"""Allowed values that a message lists before it stops."""
_DEPTH_MAX: Final = 20
"""Levels of a file; the language has eight. Some 10,000 would end the process: the YAML library calls itself in C."""
_NODES_MAX: Final = 200_000
"""Values of a file with its aliases written out: the national book's largest has some 2,000. Ten lines can stand for
billions (each an alias of ten aliases)."""

_NUMBER_BITS_MAX: Final = 64
"""Python refuses to write out larger ones (some 4,300 digits), and a message shows what was given."""


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc] # one of two
    """Plain data only, and a key may be written once: YAML's silent «the last one wins» would drop half a rule."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the base class's signature
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be one word", key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"«{key}» is written twice", key_node.start_mark)
            seen.add(key)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping

    def construct_value(self, node: yaml.ScalarNode) -> Any:
        """Read a number or a date; one that does not exist, such as 2025-02-30, is a mistake with a line."""
        try:
            return _writable(yaml.SafeLoader.yaml_constructors[node.tag](self, node))
        except (ValueError, OverflowError) as error:
            shown = f"«{node.value[:40]}» cannot be read: {str(error)[:80]}"
            raise yaml.constructor.ConstructorError(None, None, shown, node.start_mark) from None


def _writable(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _NUMBER_BITS_MAX:
        raise ValueError("no number of a rule book is so large")
    return value


for _tag in ("int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_value)


def _measure(text: str) -> None:
    """Refuse what would cost more than a book can be worth, before anything is built of it.

    Raises:
        yaml.YAMLError: it is no YAML, is too deep, or is too large once its aliases are written out.
    """
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor is not None:
                sizes[anchor] = nodes - before
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, nodes))
            nodes += 1
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_nodes):
                raise _refused("a value holds itself", event.start_mark)
            nodes += sizes.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
        if len(open_nodes) > _DEPTH_MAX or nodes > _NODES_MAX:
            said = "nested too deep" if len(open_nodes) > _DEPTH_MAX else "too many values, or aliases of aliases"
            raise _refused(said, event.start_mark)


def _refused(said: str, mark: Any) -> yaml.YAMLError:
    return yaml.composer.ComposerError(None, None, said, mark)


def read_plain(text: str, *, name: str, ours: bool = False) -> Any:
    """Return the data of a YAML file called `name`, of whatever sort; `ours`: it came with the program, see below.

    Raises:
        RuleFileError: it is no YAML, or cannot be taken in.
    """
    try:
        if not ours:
            _measure(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.YAMLError as error:
        raise RuleFileError((_yaml_problem(error, name),)) from None


def read_rule_file(text: str, *, name: str, ours: bool = False) -> RuleFile:
    """Return the typed content of a rule file called `name`; `ours`: it came with the program, so is of due size.

    Raises:
        RuleFileError: with every problem of the file.
    """
    data = read_plain(text, name=name, ours=ours)
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
        remedy = f"Use a code of the catalogue, as in mes, or one of: {', '.join(SYMBOLS)}."
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
    close = get_close_matches(given, allowed, n=1)
    listed = ", ".join(allowed[:_SHOWN]) + (", ..." if len(allowed) > _SHOWN else "")
    return f"Did you mean «{close[0]}»?" if close else f"Use one of: {listed}."

"""Whether a later schema of a published type can stand in for the earlier one.

Both are compared keyword by keyword. What the comparison does not understand and finds changed it refuses: a false
alarm costs a conversation, a missed one costs an alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cbrn_schemas.contracts.plain import canonical, plain
from cbrn_schemas.contracts.rules import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cbrn_schemas.contracts.documents import Document
    from cbrn_schemas.contracts.rules import Direction

Schema = dict[str, Any]
Change = tuple[str, Rule, str]
"""Field, rule, what happened."""

WHOLE: Final = "(the whole)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a published type has become incompatible."""

    type: str
    """The published type: `tailings-failure.v1`."""
    field: str
    """Dotted: `measurements[].unit`, `texts.*.headline`."""
    rule: Rule
    message: str
    """What changed, with the old and the new."""

    @property
    def hurts(self) -> tuple[Direction, ...]:
        """Who would suffer: `backward` old publishers, `forward` old readers."""
        return tuple(sorted(RULES[self.rule].hurts))

    @property
    def remedy(self) -> str:
        """What to do instead."""
        return RULES[self.rule].remedy


def incompatibilities(published: Schema, now: Document) -> list[Finding]:
    """Find where `now` breaks what `published` promised, in the directions that the type must keep."""
    changes = _compare(plain(published), plain(now.schema), "")
    return [
        Finding(now.name, field or WHOLE, rule, message)
        for field, rule, message in changes
        if RULES[rule].hurts & now.promise
    ]


def withdrawn(published: Iterable[str], now: Iterable[Document]) -> list[Finding]:
    """Find published types that no model describes any more."""
    described = {document.name for document in now}
    message = "published, but no model describes it any more"
    return [Finding(name, WHOLE, Rule.TYPE_WITHDRAWN, message) for name in sorted(set(published) - described)]


def _compare(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    for keyword, rule in (("default", Rule.DEFAULT_CHANGED), ("x-unit", Rule.UNIT_CHANGED)):
        if canonical(old.get(keyword)) != canonical(new.get(keyword)):
            yield field, rule, f"{keyword} was {_shown(old.get(keyword))}, is {_shown(new.get(keyword))}"
    before, after = _branches(old), _branches(new)
    for gone in before.keys() - after.keys():
        yield field, Rule.TYPE_NARROWED, f"may no longer be {gone}"
    for added in after.keys() - before.keys():
        yield field, Rule.TYPE_WIDENED, f"may now be {added}"
    for shared in sorted(before.keys() & after.keys()):
        ours, theirs = before[shared], after[shared]
        if len(ours) == len(theirs) == 1:
            yield from _compare_branch(ours[0], theirs[0], field)
        elif sorted(map(canonical, ours)) != sorted(map(canonical, theirs)):
            yield field, Rule.CONDITION_CHANGED, f"the alternatives of type {shared} changed"


_JSON_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def _branches(schema: Schema) -> dict[str, list[Schema]]:
    """Return the schema's alternatives by JSON type; `anything` where none is named."""
    options = schema.get("anyOf", [])
    typed = options and schema.keys() <= {"anyOf", "default", "x-unit"} and all(map(_types, options))
    alternatives = options if typed else [schema]
    found: dict[str, list[Schema]] = {}
    for alternative in alternatives:
        for name in _types(alternative) or ["anything"]:
            found.setdefault(name, []).append(alternative)
    return found


def _types(schema: Schema) -> list[str]:
    named = schema.get("type")
    if named is not None:
        return [named] if isinstance(named, str) else list(named)
    return sorted({_JSON_TYPES.get(type(value), "object") for value in schema.get("enum", ())})


_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_PRESENT_OR_NOT: Final = ("pattern", "format", "multipleOf", "uniqueItems")
_HANDLED: Final = frozenset(
    {"type", "enum", "default", "x-unit", "properties", "required", "additionalProperties", "propertyNames", "items"}
    | {*_LOWER, *_UPPER, *_PRESENT_OR_NOT, "allOf"}
)


def _compare_branch(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    yield from _compare_values(old, new, field)
    yield from _compare_bounds(old, new, field)
    for keyword in _PRESENT_OR_NOT:
        yield from _compare_condition(keyword, old.get(keyword), new.get(keyword), field)
    yield from _compare_members(old, new, field)
    yield from _compare_beneath("propertyNames", old, new, f"{field or WHOLE} (names)")
    yield from _compare_beneath("items", old, new, f"{field}[]")
    yield from _compare_conditions(old.get("allOf", []), new.get("allOf", []), field)
    for keyword in sorted((old.keys() | new.keys()) - _HANDLED):
        if canonical(old.get(keyword)) != canonical(new.get(keyword)):
            yield field, Rule.CONDITION_CHANGED, f"{keyword} changed"


def _compare_values(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    before, after = old.get("enum"), new.get("enum")
    if before is None or after is None:
        if before is not None:
            yield field, Rule.CONDITION_LOOSENED, "was a closed list of values, is open"
        if after is not None:
            yield field, Rule.CONDITION_TIGHTENED, "was open, is a closed list of values"
        return
    ours, theirs = {canonical(value) for value in before}, {canonical(value) for value in after}
    for gone in sorted(ours - theirs):
        yield field, Rule.VALUE_REMOVED, f"{gone} is no longer a value"
    for added in sorted(theirs - ours):
        yield field, Rule.VALUE_ADDED, f"{added} is a new value"


def _compare_bounds(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    for keywords, sign in ((_LOWER, 1), (_UPPER, -1)):
        for keyword in keywords:
            before, after = old.get(keyword), new.get(keyword)
            if before == after:
                continue
            narrower = before is None or (after is not None and (after - before) * sign > 0)
            rule = Rule.RANGE_NARROWED if narrower else Rule.RANGE_WIDENED
            yield field, rule, f"{keyword} was {_shown(before)}, is {_shown(after)}"


def _compare_condition(keyword: str, before: Any, after: Any, field: str) -> Iterator[Change]:
    if canonical(before) == canonical(after):
        return
    rule = Rule.CONDITION_CHANGED
    if before is None:
        rule = Rule.CONDITION_TIGHTENED
    elif after is None:
        rule = Rule.CONDITION_LOOSENED
    yield field, rule, f"{keyword} was {_shown(before)}, is {_shown(after)}"


def _compare_beneath(keyword: str, old: Schema, new: Schema, field: str) -> Iterator[Change]:
    before, after = old.get(keyword), new.get(keyword)
    if before is None or after is None:
        yield from _compare_condition(keyword, before, after, field)
    else:
        yield from _compare(before, after, field)


def _compare_members(old: Schema, new: Schema, field: str) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed, needs = set(old.get("required", ())), set(new.get("required", ()))
    others_before, others_after = old.get("additionalProperties", True), new.get("additionalProperties", True)
    for name in before:
        member = f"{field}.{name}" if field else name
        if name in after:
            yield from _compare(before[name], after[name], member)
        elif others_after is False:
            yield member, Rule.MEMBER_REMOVED, "the member is gone: an event that carries it is refused"
        else:
            yield member, Rule.CONDITION_CHANGED, "the member is gone: anything may stand there"
    for name in after:
        if name not in before and others_before is not False:
            member = f"{field}.{name}" if field else name
            yield member, Rule.CONDITION_TIGHTENED, "anything might stand there, now the member says what"
    for name in sorted(needs - needed):
        yield f"{field}.{name}" if field else name, Rule.MEMBER_REQUIRED, "the member is now required"
    for name in sorted(needed - needs):
        yield f"{field}.{name}" if field else name, Rule.MEMBER_OPTIONAL, "the member was required: old readers need it"
    yield from _compare_others(others_before, others_after, f"{field}.*" if field else "*")


def _compare_others(before: Any, after: Any, field: str) -> Iterator[Change]:
    """Compare what is said of unnamed members. Opening a closed object hurts nobody: readers leave out the unknown."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare(before, after, field)
    elif before != after and before is not False:
        rule = Rule.CONDITION_LOOSENED if after is True else Rule.CONDITION_TIGHTENED
        yield field, rule, f"unnamed members: was {_shown(before)}, is {_shown(after)}"


def _compare_conditions(before: list[Schema], after: list[Schema], field: str) -> Iterator[Change]:
    """Compare `allOf`, whose parts are paired by their `if`."""
    ours, theirs = _by_premise(before), _by_premise(after)
    if len(ours) < len(before) or len(theirs) < len(after):  # a premise stands twice
        yield from _compare_condition("allOf", before, after, field)
        return
    for premise in ours.keys() - theirs.keys():
        yield field, Rule.CONDITION_LOOSENED, f"no longer holds: {premise}"
    for premise in theirs.keys() - ours.keys():
        yield field, Rule.CONDITION_TIGHTENED, f"holds now: {premise}"
    for premise in sorted(ours.keys() & theirs.keys()):
        yield from _compare(ours[premise], theirs[premise], field)


def _by_premise(parts: list[Schema]) -> Mapping[str, Schema]:
    """Return the consequence by premise; a part that is no plain «if, then» is its own premise."""
    return {
        canonical(part["if"]) if part.keys() == {"if", "then"} else canonical(part): part.get("then", {})
        for part in parts
    }


def _shown(value: Any) -> str:
    text = "absent" if value is None else canonical(value)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004 - a line of a terminal

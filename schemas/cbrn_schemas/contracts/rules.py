"""The rules of compatibility: what may not change in a published type, in which direction it hurts, what to do instead.

Two directions, for two kinds of reader (the reasons are in docs/schema-evolution.md):

- **backward**: what old publishers send must still pass. The bus's door is closed (an unknown member is a mistake), and
  it is brought up to date before any publisher is.
- **forward**: what new publishers send must still be readable by old readers. A reader behind the door leaves out
  members that it does not know, at any depth; every other thing that it does not know it refuses.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Direction(StrEnum):
    """Who is hurt by a change."""

    BACKWARD = "backward"
    """Old data, new reader."""
    FORWARD = "forward"
    """New data, old reader."""


BOTH_WAYS: Final = frozenset(Direction)
BACKWARD_ONLY: Final = frozenset({Direction.BACKWARD})
FORWARD_ONLY: Final = frozenset({Direction.FORWARD})


class Rule(StrEnum):
    """A change that a published type may not go through."""

    MEMBER_REMOVED = "member-removed"
    MEMBER_REQUIRED = "member-required"
    MEMBER_OPTIONAL = "member-optional"
    VALUE_REMOVED = "value-removed"
    VALUE_ADDED = "value-added"
    RANGE_NARROWED = "range-narrowed"
    RANGE_WIDENED = "range-widened"
    TYPE_NARROWED = "type-narrowed"
    TYPE_WIDENED = "type-widened"
    CONDITION_TIGHTENED = "condition-tightened"
    CONDITION_LOOSENED = "condition-loosened"
    CONDITION_CHANGED = "condition-changed"
    DEFAULT_CHANGED = "default-changed"
    UNIT_CHANGED = "unit-changed"
    TYPE_WITHDRAWN = "type-withdrawn"


class Text(NamedTuple):
    """Whom a rule protects, and the way out."""

    hurts: frozenset[Direction]
    remedy: str


_NEXT: Final = "or publish the type under its next version"

RULES: Final[Mapping[Rule, Text]] = MappingProxyType(
    {
        Rule.MEMBER_REMOVED: Text(BACKWARD_ONLY, f"keep the member, optional and unused, {_NEXT}"),
        Rule.MEMBER_REQUIRED: Text(BACKWARD_ONLY, f"make the member optional, {_NEXT}"),
        Rule.MEMBER_OPTIONAL: Text(FORWARD_ONLY, f"keep the member required, {_NEXT}"),
        Rule.VALUE_REMOVED: Text(BACKWARD_ONLY, f"keep the value, {_NEXT}"),
        Rule.VALUE_ADDED: Text(FORWARD_ONLY, f"say it with a value of the list and a new optional member, {_NEXT}"),
        Rule.RANGE_NARROWED: Text(BACKWARD_ONLY, f"keep the bound, {_NEXT}"),
        Rule.RANGE_WIDENED: Text(FORWARD_ONLY, f"keep the bound, {_NEXT}"),
        Rule.TYPE_NARROWED: Text(BACKWARD_ONLY, f"keep taking the old form, {_NEXT}"),
        Rule.TYPE_WIDENED: Text(FORWARD_ONLY, f"put the new form into a new optional member, {_NEXT}"),
        Rule.CONDITION_TIGHTENED: Text(BACKWARD_ONLY, f"leave the condition out, {_NEXT}"),
        Rule.CONDITION_LOOSENED: Text(FORWARD_ONLY, f"keep the condition, {_NEXT}"),
        Rule.CONDITION_CHANGED: Text(BOTH_WAYS, f"keep it as it was, {_NEXT}"),
        Rule.DEFAULT_CHANGED: Text(BOTH_WAYS, f"keep the default: the same bytes would mean something else; {_NEXT}"),
        Rule.UNIT_CHANGED: Text(BOTH_WAYS, f"add a new optional member in the new unit, {_NEXT}"),
        Rule.TYPE_WITHDRAWN: Text(BACKWARD_ONLY, "keep the version until nobody publishes it and no topic holds it"),
    }
)
"""Every rule."""

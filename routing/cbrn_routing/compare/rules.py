"""Which rules differ between two books, and whether the difference can change a decision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final, Literal

from cbrn_routing.rulebook.overlap import meet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cbrn_routing.rulebook import DutyRule, Rule, RuleBook

_TELLING: Final = frozenset(
    {"when", "unless", "lead", "support", "inform", "partners", "acknowledge_within", "restricted", "in force"}
)
"""Fields that change decisions; the others change what people read."""
IN_FORCE: Final = "in force"
"""Stands among the fields where a basis holds on the day in one book only."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that is not the same in both books."""

    rule: str
    change: Literal["added", "removed", "changed", "moved"]
    fields: tuple[str, ...]
    before: Rule | None
    """As far as it is in force."""
    after: Rule | None

    @property
    def tells(self) -> bool:
        """Whether decisions may change by it."""
        return self.change != "changed" or not _TELLING.isdisjoint(self.fields)

    @property
    def versions(self) -> tuple[Rule, ...]:
        """Its forms that are in force."""
        return tuple(rule for rule in (self.before, self.after) if rule is not None)

    def as_json(self) -> dict[str, Any]:
        """Return plain values only."""
        return {"rule": self.rule, "change": self.change, "fields": list(self.fields)}


@dataclass(frozen=True, slots=True)
class DutyChange:
    """A rule of duties that is not the same in both books."""

    rule: str
    change: Literal["added", "removed", "changed"]
    before: DutyRule | None
    after: DutyRule | None

    @property
    def versions(self) -> tuple[DutyRule, ...]:
        """Its forms."""
        return tuple(duty for duty in (self.before, self.after) if duty is not None)

    def as_json(self) -> dict[str, Any]:
        """Return plain values only."""
        return {"rule": self.rule, "change": self.change, "fields": ["duty"]}


def rule_changes(before: RuleBook, after: RuleBook, on: date) -> tuple[RuleChange, ...]:
    """Return every rule that differs, by id."""
    old, new = ({rule.id: rule for rule in book.rules} for book in (before, after))
    moved = _moved(before, after)
    return tuple(
        change
        for name in sorted(old.keys() | new.keys())
        if (change := _change(name, old.get(name), new.get(name), on, moved=name in moved)) is not None
    )


def duty_changes(before: RuleBook, after: RuleBook) -> tuple[DutyChange, ...]:
    """Return every rule of duties that differs, by id."""
    old, new = ({duty.id: duty for duty in book.duties} for book in (before, after))
    found = []
    for name in sorted(old.keys() | new.keys()):
        had, has = old.get(name), new.get(name)
        if _said(had) != _said(has):
            found.append(
                DutyChange(name, "added" if had is None else "removed" if has is None else "changed", had, has)
            )
    return tuple(found)


def _change(name: str, had: Rule | None, has: Rule | None, on: date, *, moved: bool) -> RuleChange | None:
    old = had if had is not None and had.in_force(on) else None
    new = has if has is not None and has.in_force(on) else None
    if had is None or has is None:
        return RuleChange(name, "added" if had is None else "removed", (), old, new)
    said, says = _said(had), _said(has)
    fields = [field for field in says if said[field] != says[field]]
    fields += [IN_FORCE] if (old is None) is not (new is None) else []
    if fields:
        return RuleChange(name, "changed", tuple(fields), old, new)
    return RuleChange(name, "moved", (), old, new) if moved else None


def _said(rule: Rule | DutyRule | None) -> dict[str, Any]:
    """Return what a rule says, cases apart; lists of names in a fixed order."""
    if rule is None:
        return {}
    content = rule.model_dump(mode="json", exclude={"cases"})
    return {name: sorted(value) if name in _LISTS else value for name, value in content.items()}


_LISTS: Final = frozenset({"support", "inform", "partners"})


def _moved(before: RuleBook, after: RuleBook) -> frozenset[str]:
    """Find lead rules of one file that changed places with another, where some cell is claimed by both."""
    later = {rule.id: (number, index) for number, group in enumerate(after.groups) for index, rule in enumerate(group)}
    return frozenset(
        name
        for group in before.groups
        for first, second in _pairs(group)
        if first.id in later
        and second.id in later
        and later[first.id][0] == later[second.id][0]
        and later[first.id] > later[second.id]
        for name in (first.id, second.id)
    )


def _pairs(group: tuple[Rule, ...]) -> Iterator[tuple[Rule, Rule]]:
    leads = [rule for rule in group if rule.lead is not None]
    return ((first, second) for first, second in combinations(leads, 2) if meet(first, second))

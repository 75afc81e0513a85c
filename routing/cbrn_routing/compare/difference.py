"""The cells in which two rule books decide otherwise.

Only what a differing rule can touch is walked: for each body that one of them names, or silences, the conditions of
all rules that name that body, or may silence one that does, part the cells into classes, and both books decide one cell
of each. What is the same in many cells is said once, with what marks the cells. Copies are those that rules hold: what
a duty owes is said of the duty.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.compare.describe import Mark, pieces
from cbrn_routing.compare.outcome import EVERYBODY, Change, Outcome, changes
from cbrn_routing.compare.partition import CellClass, Clauses
from cbrn_routing.compare.rules import DutyChange, RuleChange, duty_changes, rule_changes
from cbrn_routing.explain import stands_for
from cbrn_routing.proof.cells import KindHazard, kind_hazards
from cbrn_routing.rulebook import Directory, Eras, When
from cbrn_routing.rulebook.matcher import is_general
from cbrn_routing.rulebook.overlap import meet
from cbrn_routing.traits import RED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from cbrn_routing.decision import Facets
    from cbrn_routing.rulebook import Rule, RuleBook


@dataclass(frozen=True, slots=True)
class CellChange:
    """One change, and the cells in which it happens."""

    change: Change
    pairs: tuple[KindHazard, ...]
    """Kinds and hazards."""
    marks: tuple[Mark, ...]
    """What the cells have in common, beside kind and hazard."""
    exact: bool
    """Whether it happens in all cells with these marks, but for events that are closed by their TLP mark; else only
    in some. Where it happens in cells with other marks too, there is another `CellChange` of the same change."""
    cells: int
    """How many cells that can exist; places, traits and surroundings counted as far as a rule looks at them."""
    example: Facets

    def as_json(self) -> dict[str, Any]:
        """Return plain values only."""
        facets = self.example._asdict()
        return {
            **self.change._asdict(),
            "events": [{"kind": pair.kind, "hazard": pair.hazard} for pair in self.pairs],
            "when": [mark.as_json() for mark in self.marks],
            "exact": self.exact,
            "cells": self.cells,
            "example": {
                name: sorted(value) if isinstance(value, frozenset) else value for name, value in facets.items()
            },
        }


@dataclass(frozen=True, slots=True)
class BookDifference:
    """What changes from one book to the other, on one day."""

    before: str
    after: str
    """Digests."""
    on: date
    rules: tuple[RuleChange | DutyChange, ...]
    cells: tuple[CellChange, ...]

    @property
    def same(self) -> bool:
        """No rule differs, and so no cell."""
        return not self.rules and not self.cells

    def as_json(self) -> dict[str, Any]:
        """Return plain values, stable names."""
        return {
            "before": self.before,
            "after": self.after,
            "on": self.on.isoformat(),
            "rules": [rule.as_json() for rule in self.rules],
            "cells": [cell.as_json() for cell in self.cells],
        }


class _Aspect(NamedTuple):
    """Something that may change, and the conditions on which it depends."""

    body: str
    what: frozenset[str]
    relevant: tuple[When, ...]
    needed: tuple[When, ...]
    """Where none of these holds, nothing changes."""
    general: bool
    """Whether a general rule has a say: it is silent on what is marked RED, so there something else may change."""


_TOLD: Final = frozenset({"role", "partner"})


def difference(before: RuleBook, after: RuleBook, on: date) -> BookDifference:
    """Compare `before` with `after`, with the bodies and laws of the day `on`."""
    found = rule_changes(before, after, on)
    duties = duty_changes(before, after)
    walk = _Walk(before, after, on)
    aspects = [
        *walk.bodies([change for change in found if change.tells]),
        *walk.everybody([change for change in found if change.tells]),
        *map(_duty, duties),
    ]
    return BookDifference(before.digest, after.digest, on, (*found, *duties), _merged(walk.changed(aspects)))


class _Walk:
    """Both books on one day."""

    def __init__(self, before: RuleBook, after: RuleBook, on: date) -> None:
        self._matchers = tuple(Eras(book).on(on) for book in (before, after))
        self._directory = Directory.from_catalogue(on)
        self._rules = tuple(rule for book in (before, after) for rule in book.rules if rule.in_force(on))
        self._named = [(rule, self._bodies(rule)) for rule in self._rules]
        self._closing = tuple(_whens(rule for rule in self._rules if rule.restricted))

    def bodies(self, changed: list[RuleChange]) -> Iterator[_Aspect]:
        """Yield an aspect for every body that a changed rule names, or that leads where a changed rule leads.

        And for every body that a changed restricted rule silences.
        """
        leading = [rule for change in changed for rule in change.versions if rule.lead is not None]
        rivals = [rule for rule in self._rules if rule.lead is not None and any(meet(rule, one) for one in leading)]
        led = frozenset(chain.from_iterable(self._stands_for(str(rule.lead)) for rule in rivals))
        named = frozenset(chain.from_iterable(self._bodies(rule) for change in changed for rule in change.versions))
        closing = [rule for change in changed for rule in change.versions if rule.restricted]
        closed = frozenset(
            chain.from_iterable(bodies for rule, bodies in self._named if any(meet(rule, one) for one in closing))
        )
        for body in sorted(named | led | closed):
            naming = [rule for rule, bodies in self._named if body in bodies]
            needed = [rule for change in changed for rule in change.versions if body in self._bodies(rule)]
            if body in led:
                naming += rivals
                needed += leading
            needed += closing
            yield _Aspect(
                body,
                _TOLD,
                (*_whens(naming), *self._where(body), *self._closing),
                tuple(rule.when for rule in needed),
                any(map(is_general, (*naming, *needed))),
            )

    def everybody(self, changed: list[RuleChange]) -> Iterator[_Aspect]:
        """Yield the deadline and the restriction, if a changed rule sets them."""
        for what, sets in (
            ("deadline", lambda rule: rule.acknowledge_within is not None),
            ("restricted", lambda rule: rule.restricted),
        ):
            versions = [rule for change in changed for rule in change.versions]
            needed = tuple(rule.when for rule in versions if sets(rule) or rule.restricted)
            if needed:
                setting = [rule for rule in self._rules if sets(rule)]
                relevant = (*_whens(setting), *self._closing)
                yield _Aspect(EVERYBODY, frozenset({what}), relevant, needed, any(map(is_general, setting)))

    def changed(self, aspects: Iterable[_Aspect]) -> Iterator[CellChange]:
        """Yield each change in each kind and hazard."""
        for aspect in aspects:
            clauses = Clauses((*aspect.relevant, *aspect.needed))
            relevant, needed = clauses.bits((*aspect.relevant, *aspect.needed)), clauses.bits(aspect.needed)
            for pair in kind_hazards():
                partition = clauses.partition(pair, relevant, needed)
                cells_of = [(one, one.cell(pair)) for one in partition.classes]
                groups = self._grouped(cells_of, aspect)
                closed = self._grouped(((one, _marked(cell)) for one, cell in cells_of if aspect.general), aspect)
                for change, classes in groups.items():
                    for (marks, exact), some in pieces(partition, classes, clauses):
                        cells = sum(one.cells for one in some)
                        yield CellChange(change, (pair,), marks, exact, cells, some[0].cell(pair))
                for change in closed.keys() - groups.keys():
                    cells = sum(one.cells for one in closed[change])
                    yield CellChange(
                        change,
                        (pair,),
                        _RED_ALONE,
                        exact=False,
                        cells=cells,
                        example=_marked(closed[change][0].cell(pair)),
                    )

    def _grouped(self, cells: Iterable[tuple[CellClass, Facets]], aspect: _Aspect) -> dict[Change, list[CellClass]]:
        groups: dict[Change, list[CellClass]] = {}
        for one, cell in cells:
            for change in self._changes(cell, aspect):
                groups.setdefault(change, []).append(one)
        return groups

    def _changes(self, cell: Facets, aspect: _Aspect) -> Iterator[Change]:
        before, after = (Outcome.of(matcher.decide(cell), owed=False) for matcher in self._matchers)
        return (
            change for change in changes(before, after) if change.body == aspect.body and change.what in aspect.what
        )

    def _bodies(self, rule: Rule) -> frozenset[str]:
        words = (*((rule.lead,) if rule.lead else ()), *rule.support, *rule.inform, *rule.partners)
        return frozenset(chain.from_iterable(map(self._stands_for, words)))

    def _stands_for(self, word: str) -> frozenset[str]:
        return stands_for(self._directory, word)

    def _where(self, body: str) -> Iterator[When]:
        """Yield the cells to be told apart: a symbol names the body only in its region, or near its country."""
        for region, codes in self._directory.by_region.items():
            if body in codes:
                yield When.model_validate({"region": region})
        for country, codes in self._directory.by_country.items():
            if body in codes:
                yield When.model_validate({"neighbours": country})
                yield When.model_validate({"downstream": country})


_RED_ALONE: Final = (Mark("traits", (RED,), negated=False),)
"""AMBER+STRICT takes outsiders away and adds nobody: what changes there changes without it, too."""


def _marked(cell: Facets) -> Facets:
    return cell._replace(traits=cell.traits | {RED})


def _whens(rules: Iterable[Rule]) -> Iterator[When]:
    return (when for rule in rules for when in (rule.when, *rule.unless))


def _duty(change: DutyChange) -> _Aspect:
    versions = change.versions
    relevant = tuple(chain.from_iterable((*duty.when, *duty.also, *duty.unless) for duty in versions))
    needed = tuple(chain.from_iterable(duty.when for duty in versions))
    return _Aspect(change.rule, frozenset({"duty"}), relevant, needed, general=False)


def _merged(found: Iterable[CellChange]) -> tuple[CellChange, ...]:
    """Merge the same change with the same marks in several kinds into one."""
    groups: dict[tuple[Change, tuple[Mark, ...], bool], CellChange] = {}
    for one in found:
        name = one.change, one.marks, one.exact
        held = groups.get(name)
        groups[name] = (
            one
            if held is None
            else CellChange(
                one.change, held.pairs + one.pairs, one.marks, one.exact, held.cells + one.cells, held.example
            )
        )
    return tuple(groups.values())

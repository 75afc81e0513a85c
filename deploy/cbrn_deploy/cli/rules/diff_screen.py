"""The difference of two rule books on a terminal: the rules, then what changes for whom in which events."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.padding import Padding

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.compare import EVERYBODY
from cbrn_routing.explain.wording import condition_name, duration_name, facet_name, named, value_name
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.topics import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.compare import BookDifference, CellChange, Change, Mark
    from cbrn_schemas.events.base import Language

SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "moved": "↕"}
STYLES: Final = {"added": "green", "removed": "red", "changed": "yellow", "moved": "yellow"}
_OWN: Final = frozenset({"region", "neighbours", "downstream"})
"""Facets by which a symbol chooses among bodies: each of them is told in its own region or country."""


class _Where(NamedTuple):
    """Cells of which the same can be said for several bodies."""

    events: tuple[str, ...]
    marks: tuple[Mark, ...]
    exact: bool


def show_difference(before: str, after: str, found: BookDifference, lang: Language) -> None:
    """Show everything that differs; a line says so if nothing does."""
    _line(0, f"- {before}", "red")
    _line(0, f"+ {after}", "green")
    for rule in found.rules:
        fields = f": {', '.join(rule.as_json()['fields'])}" if rule.as_json()["fields"] else ""
        said = (
            f"{SIGNS[rule.change]} {word('ui', 'rule', lang)} {rule.rule} ({word('change', rule.change, lang)}{fields})"
        )
        _line(0, said, STYLES[rule.change])
    if not found.cells:
        _line(0, word("change", "same", lang))
    for where, cells in groupby(
        sorted(found.cells, key=lambda one: _sorted_by(one, lang)), lambda one: _where(one, lang)
    ):
        _line(0, "; ".join(where.events), "bold")
        conditions = "; ".join(_mark(mark, lang) for mark in where.marks)
        partly = "" if where.exact else f" ({word('change', 'partly', lang)})"
        if conditions or partly:
            _line(1, f"{conditions}{partly}")
        for text, style in dict.fromkeys(_changes(list(cells), lang)):
            _line(2, text, style)


def _sorted_by(one: CellChange, lang: Language) -> tuple[str, str, bool]:
    where = _where(one, lang)
    return "; ".join(where.events), str(where.marks), where.exact


def _where(one: CellChange, lang: Language) -> _Where:
    own = [mark for mark in one.marks if mark.facet in _OWN and len(mark.values) == 1 and not mark.negated]
    left = tuple(mark for mark in one.marks if mark not in own or not one.change.body)
    return _Where(_events(one, lang), left, one.exact)


def _events(one: CellChange, lang: Language) -> tuple[str, ...]:
    """Name the kinds, with hazards where not all of them are concerned; a whole lane by its name."""
    kinds: dict[str, list[str]] = {}
    for pair in one.pairs:
        kinds.setdefault(pair.kind, []).append(pair.hazard)
    whole = {kind for kind, hazards in kinds.items() if set(hazards) == set(HAZARDS_OF[kind])}
    names = []
    for lane in Lane:
        every = {kind for kind in HAZARDS_OF if _lane(kind) == lane}
        if every <= whole:
            names.append(f"{facet_name('lane', lang)}: {word('lane', lane, lang)}")
            kinds = {kind: hazards for kind, hazards in kinds.items() if kind not in every}
    for kind, hazards in kinds.items():
        of = "" if kind in whole else f" ({', '.join(word('hazard', hazard, lang) for hazard in hazards)})"
        names.append(f"{word('kind', kind, lang)}{of}")
    return tuple(names)


def _lane(kind: str) -> Lane:
    from cbrn_schemas.events import lane_of  # noqa: PLC0415 - the models are loaded only where they are needed

    return lane_of(kind)


def _changes(cells: list[CellChange], lang: Language) -> Iterable[tuple[str, str]]:
    """Yield one line for all bodies to which the same happens."""
    same: dict[tuple[str, str], list[CellChange]] = {}
    for one in cells:
        same.setdefault(_change(one.change, lang), []).append(one)
    for (text, style), some in same.items():
        bodies = dict.fromkeys(_body(one, lang) for one in some)
        yield (f"{', '.join(bodies)}: {text}" if any(bodies) else text), style


def _body(one: CellChange, lang: Language) -> str:
    if one.change.body == EVERYBODY:
        return ""
    if one.change.what == "duty":
        return f"{word('change', 'duty', lang)} {one.change.body}"
    own = [mark for mark in one.marks if mark.facet in _OWN and len(mark.values) == 1 and not mark.negated]
    where = f" [{', '.join(value_name(mark.facet, mark.values[0], lang) for mark in own)}]" if own else ""
    return f"{named(one.change.body, lang)}{where}"


def _change(change: Change, lang: Language) -> tuple[str, str]:
    """Write «none → inform», and its colour."""
    style = "green" if change.before is None else "red" if change.after is None else "yellow"
    sides = [_side(change.what, value, lang) for value in (change.before, change.after)]
    label = "" if change.what in {"role", "duty", "partner"} else f"{word('change', change.what, lang)}: "
    return f"{label}{sides[0]} → {sides[1]}", style


def _side(what: str, value: object, lang: Language) -> str:
    if what == "deadline":
        return duration_name(value if isinstance(value, int) else None, lang)
    if isinstance(value, bool):
        return word("facet", "yes" if value else "no", lang)
    if value is None:
        return word("ui", "none", lang)
    return word("role" if what == "role" else "change", str(value), lang)


def _mark(mark: Mark, lang: Language) -> str:
    text = condition_name(mark.facet, mark.values, lang)
    return f"{word('explain', 'unless', lang)} {text}" if mark.negated else text


def _line(depth: int, text: str, style: str = "") -> None:
    console().print(Padding(shown(text, style), (0, 0, 0, 3 * depth), expand=False))

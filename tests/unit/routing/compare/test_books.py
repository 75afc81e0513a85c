"""The difference of two books: nothing where nothing differs, and exactly what was changed where something does."""

from __future__ import annotations

import json
import random
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.builders.rules import TITLE, changed, make_book, make_rule
from tests.builders.thorough import cases

from cbrn_routing.compare import EVERYBODY, Change, Outcome, changes, difference
from cbrn_routing.compare.axes import axes_of
from cbrn_routing.decide import Engine
from cbrn_routing.decision import Facets
from cbrn_routing.jurisdiction import Gazetteer
from cbrn_routing.proof import event_in
from cbrn_routing.proof.cells import KindHazard, kind_hazards
from cbrn_routing.rulebook import Eras, RuleBook, national_rulebook
from cbrn_schemas.events import parse_event

TODAY = date(2026, 11, 23)


def without(of: RuleBook, identifier: str) -> RuleBook:
    groups = [[rule for rule in group if rule.id != identifier] for group in of.groups]
    return RuleBook.from_groups([group for group in groups if group], of.duties)


def some_of(of: RuleBook, identifier: str, seed: int) -> RuleBook:
    """A third of the book, the rule among it: walked in seconds, and no two books are alike."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    groups = [[rule for rule in group if rule.id == identifier or chance.random() < 1 / 3] for group in of.groups]
    return RuleBook.from_groups([group for group in groups if group], of.duties)


SPILL = make_rule("spill", {"kind": "chemical-spill"}, lead="mes", support=["moh"], acknowledge_within="30m")
SEVERE = make_rule("severe", {"severity": ["Severe", "Extreme"]}, inform=["mia"], acknowledge_within="5m")
SCHOOLS = make_rule("schools", {"exposed": "school"}, inform=["moe"])
HEADS = make_rule("heads", {"lane": "incidents"}, inform=["{region}"])
RIVER = make_rule("river", {"traits": "river", "downstream": "any"}, inform=["mfa"], partners=["{downstream}"])
SMALL = make_book(SPILL, SEVERE, SCHOOLS, HEADS, RIVER)


def test_a_book_does_not_differ_from_itself() -> None:
    """Nor from the same rules in other words: the order of names says nothing."""
    assert difference(national_rulebook(), national_rulebook(), TODAY).same
    turned = changed(SMALL, "spill", support=["moh"])
    assert difference(SMALL, turned, TODAY).same


def test_a_later_deadline_shows_only_where_no_shorter_one_holds() -> None:
    """What a rule says and what changes are two things."""
    found = difference(SMALL, changed(SMALL, "spill", acknowledge_within="2h"), TODAY)
    (one,) = found.cells
    assert one.change == Change(EVERYBODY, "deadline", 1800, 7200)
    assert {pair.kind for pair in one.pairs} == {"chemical-spill"}
    (mark,) = one.marks
    assert (mark.facet, set(mark.values), one.exact) == ("severity", {"Moderate", "Minor", "Unknown"}, True)


def test_a_body_that_is_told_anyway_is_no_change() -> None:
    """The ministry of health supports spills already; elsewhere it is new."""
    found = difference(SMALL, changed(SMALL, "schools", inform=["moe", "moh"]), TODAY)
    assert {one.change for one in found.cells} == {Change("moh", "role", None, "inform")}
    kinds = {pair.kind for one in found.cells for pair in one.pairs}
    assert "chemical-spill" not in kinds
    assert "toxic-fire" in kinds
    assert all([mark.as_json() for mark in one.marks] == [
        {"facet": "exposed", "values": ["school"], "not": False}
    ] for one in found.cells)  # fmt: skip


def test_another_lead_changes_both_bodies() -> None:
    """The one gains the lead, the other loses it, or keeps what other rules give it."""
    found = difference(SMALL, changed(SMALL, "spill", lead="moh", support=["mes"]), TODAY)
    assert {one.change for one in found.cells} == {
        Change("mes", "role", "lead", "support"),
        Change("moh", "role", "support", "lead"),
    }


def test_a_lead_rule_put_first_takes_the_lead_from_the_next() -> None:
    """A rule that did not change at all loses its cells: that is what nobody sees in a diff of texts."""
    first = make_rule("first", {"kind": "chemical-spill", "severity": "Extreme"}, lead="scns")
    found = difference(SMALL, make_book(first, *SMALL.rules), TODAY)
    assert {one.change for one in found.cells} == {
        Change("scns", "role", None, "lead"),
        Change("mes", "role", "lead", None),
    }
    moved = difference(make_book(first, SPILL), make_book(SPILL, first), TODAY)
    assert {(rule.rule, rule.change) for rule in moved.rules} == {("first", "moved"), ("spill", "moved")}
    assert {one.change for one in moved.cells} == {
        Change("scns", "role", "lead", None),
        Change("mes", "role", None, "lead"),
    }


def test_a_symbol_is_told_apart_by_the_bodies_it_stands_for() -> None:
    """Each head of a region in his region, each neighbour where its river leads."""
    heads = difference(SMALL, without(SMALL, "heads"), TODAY)
    assert len({one.change.body for one in heads.cells}) == 9
    assert all([mark.facet for mark in one.marks] == ["region"] and one.exact for one in heads.cells)
    rivers = difference(SMALL, without(SMALL, "river"), TODAY)
    told = {one.change.body for one in rivers.cells if one.change.what == "partner"}
    assert told == {"cn", "kz", "tj", "uz"}


def test_words_for_people_change_no_cell() -> None:
    """A title is listed, and decides nothing."""
    found = difference(SMALL, changed(SMALL, "spill", title=TITLE | {"en": "Another title"}), TODAY)
    assert [rule.as_json() for rule in found.rules] == [{"rule": "spill", "change": "changed", "fields": ["title"]}]
    assert not found.cells
    assert not found.same


def test_a_duty_that_is_gone_is_found() -> None:
    """Duties to others are part of the book."""
    national = national_rulebook()
    gone = national.duties[0]
    found = difference(national, RuleBook.from_groups(national.groups, national.duties[1:]), TODAY)
    assert [(rule.rule, rule.change) for rule in found.rules] == [(gone.id, "removed")]
    assert {one.change for one in found.cells} == {Change(gone.id, "duty", "duty", None)}


def test_every_example_is_an_event_that_shows_the_change() -> None:
    """A change that no event can show would be a sentence about nothing."""
    national = national_rulebook()
    other = changed(national, "schools-near", inform=["moe", "mod"])
    gazetteer = Gazetteer()
    engines = [Engine(Eras(each), gazetteer) for each in (national, other)]
    found = difference(national, other, TODAY)
    assert found.cells
    for one in found.cells:
        event = parse_event(_as_bytes(event_in(one.example, on=TODAY)))
        before, after = (Outcome.of(engine.route(event).decision, owed=False) for engine in engines)
        assert one.change in changes(before, after)


def _as_bytes(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


SEEDS = st.sampled_from([rule.id for rule in national_rulebook().rules])
FIELDS = st.sampled_from(
    [
        {"acknowledge_within": "7m"},
        {"inform": ["nas-phys"]},
        {"support": ["secretariat", "{region}"]},
        {"restricted": True},
        {"partners": ["ctbto"]},
        {"when": {"severity": "Minor", "exposed": "hospital"}},
        None,
    ]
)


@settings(max_examples=cases(25), deadline=None)
@given(identifier=SEEDS, fields=FIELDS, seed=st.integers(0, 10_000))
@example(identifier="extreme-and-restricted", fields={"support": ["secretariat", "{region}"]}, seed=0)  # tells nobody
@example(identifier="sabotage-that-may-hurt", fields={"when": {"severity": "Minor", "exposed": "hospital"}}, seed=1)
def test_the_walk_finds_what_asking_cell_by_cell_finds(
    identifier: str, fields: dict[str, Any] | None, seed: int
) -> None:
    """In any cell both ways agree, whatever rule of the national book was changed and however."""
    national = some_of(national_rulebook(), identifier, seed)
    try:
        other = without(national, identifier) if fields is None else changed(national, identifier, **fields)
    except ValueError:
        return  # no book: the change breaks the language, or two files would claim one cell
    found = difference(national, other, TODAY)
    matchers = [Eras(each).on(TODAY) for each in (national, other)]
    said: dict[KindHazard, set[Change]] = {}
    for one in found.cells:
        for pair in one.pairs:
            said.setdefault(pair, set()).add(one.change)
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    for pair in kind_hazards():
        for cell in _sample(pair, chance, 12, CLOSED):
            before, after = (Outcome.of(matcher.decide(cell), owed=False) for matcher in matchers)
            assert set(changes(before, after)) <= said.get(pair, set())
    for one in found.cells:
        before, after = (Outcome.of(matcher.decide(one.example), owed=False) for matcher in matchers)
        assert one.change in changes(before, after)


@pytest.mark.parametrize("identifier", ["schools-near", "severe", "deliberate", "tailings-failure", "region"])
def test_marks_said_to_be_exact_are(identifier: str) -> None:
    """Inside the marks of a change it happens in every cell, outside of all of them in none."""
    national = national_rulebook()
    other = without(national, identifier)
    matchers = [Eras(each).on(TODAY) for each in (national, other)]
    chance = random.Random(11)  # noqa: S311 - a sample, no secret
    found = difference(national, other, TODAY).cells
    for pair, change in {(pair, one.change) for one in found for pair in one.pairs[:4]}:
        pieces = [one for one in found if one.change == change and pair in one.pairs]
        if not all(one.exact for one in pieces):
            continue
        for cell in _sample(pair, chance, cases(25)):
            before, after = (Outcome.of(matcher.decide(cell), owed=False) for matcher in matchers)
            inside = any(
                all(_holds(mark.facet, mark.values, cell) is not mark.negated for mark in one.marks) for one in pieces
            )
            assert (change in changes(before, after)) is inside, (change, cell)


def _holds(facet: str, values: tuple[Any, ...], cell: Facets) -> bool:
    """The language read plainly, once more: what a mark claims must hold for a reader, too."""
    value = getattr(cell, facet)
    if isinstance(value, frozenset):
        return any(not value if each == "none" else bool(value) if each == "any" else each in value for each in values)
    if facet == "country" and value not in {None, "KG", "CN", "KZ", "TJ", "UZ"}:
        value = "other"
    return value in values or (value is None and "unknown" in values)


EXPOSED = frozenset({"school", "hospital", "drinking-water", "livestock", "diplomatic-mission"})
TRAITS = frozenset({"river", "dangerous-disease", "pcb", "stolen", "vehicle"})
CLOSED = frozenset({"tlp-red", "tlp-amber-strict"})


def _sample(pair: KindHazard, chance: random.Random, count: int, also: frozenset[str] = frozenset()) -> list[Facets]:
    axes = axes_of(pair.kind, TRAITS | also, EXPOSED)
    cells = []
    for _ in range(count):
        parts = [chance.choice(axis.values) for axis in axes]
        cells.append(Facets(**{name: value for values in (pair.values, *parts) for name, value in values.items()}))
    return cells


def test_axes_hold_every_combination() -> None:
    """A value that is missing here would be a change that nobody sees."""
    axes = axes_of("chemical-spill", frozenset({"river"}), EXPOSED)
    assert {facet for axis in axes for facet in axis.facets} | {"lane", "kind", "hazard"} == set(Facets._fields)
    assert len(list(product(*(axis.values for axis in axes[:5])))) == 5 * 5 * 5 * 3 * 3

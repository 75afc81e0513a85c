"""The national book through time: an event is judged by the bodies and the laws of its day, and no day has a gap."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import TYPE_CHECKING

import pytest

from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.rulebook import Eras, Matcher, national_rulebook
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, SCALARS, lane_of_kind
from cbrn_schemas.catalogue.bodies import bodies, in_office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.rulebook import Rule

DAYS = {
    "before Education and Science was split": date(2024, 6, 1),
    "after the split": date(2025, 6, 1),
    "with Early Notification in force": date(2025, 12, 1),
    "with the border service on its own": date(2026, 3, 1),
    "the day of this book": date(2026, 11, 23),
}
TODAY = DAYS["the day of this book"]
SITUATIONS = (
    {},
    {"border": True, "neighbours": frozenset({"KZ"})},
    {"traits": frozenset({"river", "vehicle"}), "downstream": frozenset({"UZ"})},
    {"traits": frozenset({"dangerous-disease", "zoonosis", "woah-listed", "ihr-consider"})},
    {"traits": frozenset({"pesticide", "pop", "waste"})},
    {"traits": frozenset({"stolen", "d-category-1"})},
    {"exposed": frozenset({"school", "hospital", "drinking-water", "irrigation", "livestock", "border-crossing"})},
    {"deliberate": True},
    {"country": "KZ", "region": None},
    {"country": None, "region": None},
)
"""What else a decision may turn on, one at a time."""


def cells() -> Iterator[Facets]:
    ordinary = Facets(
        "incidents", "chemical", "toxic-fire", "Minor", "Unknown", "Observed", None, "Actual", "KG-J", "KG",
        frozenset(), frozenset(), False, frozenset(), frozenset(),  # noqa: FBT003 - a row of the record
    )  # fmt: skip
    for kind, hazards in HAZARDS_OF.items():
        for hazard, severity, situation in product(hazards, SCALARS["severity"], SITUATIONS):
            asked = {"lane": lane_of_kind(kind), "kind": kind, "hazard": hazard, "severity": severity, **situation}
            yield ordinary._replace(**asked)


@pytest.fixture(scope="module")
def eras() -> Eras:
    return Eras(national_rulebook())


@pytest.fixture(params=DAYS.values(), ids=DAYS.keys())
def day(request: pytest.FixtureRequest) -> date:
    chosen: date = request.param
    return chosen


def leads(decision: Decision) -> list[str]:
    return [each.body for each in decision.recipients if each.role is Role.LEAD]


def roles_on(decision: Decision, day: date) -> dict[str, Role]:
    """Who has which role, with today's bodies read as those who had the task on that day."""
    found: dict[str, Role] = {}
    for each in decision.recipients:
        for body in in_office(each.body, day):
            found[body] = max(each.role, found.get(body, each.role))
    return found


def test_the_book_compiles_and_every_cell_has_one_lead_on_every_day(day: date) -> None:
    """A law that is too young for the event must not leave the event without anybody who answers."""
    matcher = Matcher(national_rulebook(), on=day)
    existing = {code for code, body in bodies().items() if body.valid_on(day)}
    for facets in cells():
        decision = matcher.decide(facets)
        assert len(leads(decision)) == 1, facets
        assert {each.body for each in (*decision.recipients, *decision.partners)} <= existing


def test_no_body_at_home_is_forgotten_on_an_earlier_day(eras: Eras, day: date) -> None:
    """Ministries are split and services move, and somebody had the task all the time: every role is the same."""
    then, now = eras.on(day), eras.on(TODAY)
    for facets in cells():
        had = {each.body: each.role for each in then.decide(facets).recipients}
        assert had == roles_on(now.decide(facets), day), facets


def test_schools_were_the_business_of_education_and_science(eras: Eras) -> None:
    """An event of 2024 is told to the ministry of 2024; the two that it was split into did not exist."""
    near_a_school = next(cells())._replace(kind="chemical-release", exposed=frozenset({"school"}))
    told = {each.body for each in eras.on(date(2024, 6, 1)).decide(near_a_school).recipients}
    assert "moes" in told
    assert not {"moe", "mshei"} & told
    told = {each.body for each in eras.on(date(2025, 5, 12)).decide(near_a_school).recipients}
    assert "moe" in told
    assert "moes" not in told


def test_early_notification_binds_from_the_autumn_of_2025(eras: Eras) -> None:
    """A treaty that was not in force is no reason to write to the Agency; the neighbour downstream is told anyway."""
    breach = next(cells())._replace(
        kind="tailings-failure", hazard="radiological", severity="Severe", downstream=frozenset({"UZ"})
    )
    for on, organisations in ((date(2024, 6, 1), set()), (date(2025, 12, 1), {"iaea"})):
        partners = {each.body for each in eras.on(on).decide(breach).partners}
        assert partners - {"unece"} == {"uz", *organisations}


def test_the_border_service_has_a_basis_on_the_day_that_it_changed_hands(eras: Eras) -> None:
    """Under national security until 9 February 2026, on its own from the tenth: not one day between."""
    at_the_border = next(cells())._replace(kind="portal-alarm", hazard="radiological", border=True)
    for on in (date(2026, 2, 9), date(2026, 2, 10)):
        rule = national_rulebook().rule("source-at-the-border")
        assert any(basis.in_force(on) and basis.instrument == "mandate-sbs" for basis in rule.bases)
        assert "sbs" in {each.body for each in eras.on(on).decide(at_the_border).recipients}


@pytest.mark.parametrize("rule", national_rulebook().rules, ids=lambda rule: rule.id)
def test_a_rule_with_a_young_law_stands_on_an_older_mandate_too(rule: Rule) -> None:
    """Only what a treaty alone commands may begin with it: such a rule names partners, and nobody at home anew."""
    if not rule.in_force(DAYS["before Education and Science was split"]):
        assert rule.partners
        assert not rule.lead
        assert not rule.support
        assert set(rule.inform) <= {"mfa"}


def test_reports_of_every_era_in_turn_compile_each_book_once(eras: Eras) -> None:
    """Old reports in turn must not cost a compilation each: that would hold up every alert behind them."""
    days = [date(1990, 1, 1), *(day for day in eras.changes() if day <= TODAY)]
    first = [eras.on(day, TODAY) for day in days]
    assert all(eras.on(day, TODAY) is matcher for day, matcher in zip(days, first, strict=True))

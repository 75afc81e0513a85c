"""Which duties real cases raise, whom they name, by when, and on which facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders.duties import NOW, owed
from tests.builders.duty_cases import ANTHRAX, CASES, TRIGGERS

from cbrn_routing.duties import as_json, in_words
from cbrn_routing.rulebook import Matcher, case_facets, failing_cases, national_rulebook
from cbrn_routing.traits import TRAITS
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import clocks, frameworks


@pytest.mark.parametrize("case", CASES)
def test_a_real_case_raises_the_duties_that_it_names(case: str) -> None:
    """These happened here: the next time the notification must not be forgotten."""
    kind, changes, expected = CASES[case]
    duties = owed(kind, **changes)
    told: dict[str, set[str]] = {}
    for duty in duties.values():
        told.setdefault(duty.framework, set()).update(duty.addressees)
    for framework, addressees in expected.items():
        assert addressees <= told.get(framework, set()), (framework, told)


def test_a_closed_basin_and_a_far_border_concern_no_neighbour() -> None:
    """Nobody is told for nothing: the Barskoon ends in Issyk-Kul."""
    kind, changes, _ = CASES["C04 sodium cyanide in the Barskoon"]
    assert {code for duty in owed(kind, **changes).values() for code in duty.addressees} <= {"who"}


@pytest.mark.parametrize(
    ("kind", "rule", "field"),
    [
        ("human-disease", "cis-health-outbreak", "imported_from"),
        ("undeclared-shipment", "icsant-find", "origin"),
        ("undeclared-shipment", "icsant-find", "destination"),
    ],
)
def test_the_state_that_it_came_from_or_goes_to_is_told(kind: str, rule: str, field: str) -> None:
    """However far from its border it was found: there others may be ill, or wait for the cargo."""
    country, other = ("KZ", "SA") if kind == "human-disease" else ("TJ", "DE")
    told, without = (set(owed(kind, **{field: each})[rule].addressees) for each in (country, other))
    assert told - without == {country.lower()}
    assert without <= told


def test_the_fact_of_an_import_names_the_country() -> None:
    """Who reads the draft asks «from where?» first."""
    facts = owed("human-disease", imported_from="KZ")["ihr-imported-possible"].basis
    assert [(fact.field, fact.shown) for fact in facts if fact.value == "imported"] == [("imported_from", "KZ")]


def test_the_truck_that_spilled_nothing_raises_nothing_abroad() -> None:
    """C22: one truck left the road, dosimeters normal."""
    quiet = {"severity": "Moderate", "released": False, "reached_river": False, "river": None}
    assert not owed("transport-accident", where={"site": "F04"}, **quiet)


@pytest.mark.parametrize("rule", TRIGGERS)
def test_each_rule_has_an_event_that_raises_its_duty(rule: str) -> None:
    """A rule that no real event can raise protects nobody."""
    kind, changes = TRIGGERS[rule]
    assert rule in owed(kind, **changes)


def test_no_rule_is_without_such_an_event() -> None:
    """Whoever adds a duty shows what raises it."""
    assert set(TRIGGERS) == {duty.id for duty in national_rulebook().duties}


def test_the_four_questions_oblige_for_chemicals_too() -> None:
    """The Regulations cover hazards of any origin: two yes, and the 24 hours run."""
    asked = {"serious": True, "unusual": True}
    duties = owed("chemical-spill", severity="Extreme", ihr=asked)
    assert duties["ihr-notify"].due == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    assert "ihr-assess" not in duties


def test_the_cases_beside_the_rules_of_duties_hold() -> None:
    """The book's own examples are run, as `cbrn rules test` runs them."""
    names = {duty.id for duty in national_rulebook().duties}
    assert not [failure for failure in failing_cases(Matcher(national_rulebook())) if failure.rule in names]


def test_every_rule_asks_for_a_clock_of_the_catalogue_and_has_three_languages() -> None:
    """A misspelt framework would raise a duty that nobody can look up."""
    duties = national_rulebook().duties
    assert len(duties) >= 30
    for duty in duties:
        assert duty.clock in clocks()
        assert duty.title.ky
        assert duty.title.ru
        assert duty.title.en
    silent = set(frameworks()) - {duty.obligation.framework for duty in duties}
    assert silent == {"ctbt", "canwfz", "csto-sco", "eu-cbrn-coe"}, "these have no clock for an incident"


def test_the_evidence_names_the_substance_its_number_and_the_schedule() -> None:
    """«Because of sarin» convinces nobody; the field, the number and the list do."""
    duty = owed("chemical-release", substances=[{"name": "sarin", "cas": "107-44-8"}], deliberate=True)["cwc-weapon"]
    (fact,) = [fact for fact in duty.basis if fact.value == "cwc-scheduled"]
    assert (fact.field, fact.shown) == ("substances.0", "sarin, CAS 107-44-8, CWC schedule 1.A.1")
    assert in_words(fact, "ru").startswith("в списках Конвенции о химическом оружии")


def test_a_family_is_possibly_scheduled_and_says_so() -> None:
    """A match of a name is a hint; a number that is not listed proves nothing."""
    duty = owed("chemical-release", substances=[{"name": "organophosphorus compound"}], deliberate=True)
    assert "cwc-weapon" not in duty
    assert duty["cwc-weapon-possible"].possible
    shipment = owed("undeclared-shipment", substances=[{"un_number": "3278"}])["cwc-transfer"]
    assert any("not proven" in fact.shown for fact in shipment.basis)


def test_a_un_number_is_evidence_where_no_cas_number_is_given() -> None:
    """Drivers know the orange plate, not the register."""
    (fact,) = owed("poisoning-cluster", substances=[{"un_number": "2783"}])["rotterdam-poisoning"].basis[1:]
    assert (fact.value, fact.shown) == ("pesticide", "UN 2783")


def test_sources_together_are_as_dangerous_as_their_sum() -> None:
    """0.6 and 0.5 of a D value are harmless apart and category 3 together."""
    kind, changes = TRIGGERS["enc-source"]
    facts = owed(kind, **changes)["enc-source"].basis
    shown = {fact.shown for fact in facts}
    assert "sum of A/D 1.1: category 3" in shown


def test_hours_are_due_and_forthwith_is_a_word() -> None:
    """«Forthwith» is no number: what the bus reminds of is its own proposal and stands apart."""
    enc = owed("tailings-failure")["enc-tailings"]
    assert (enc.due, enc.wording) == (None, "forthwith")
    assert enc.target == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
    woah = owed("animal-disease", agent=ANTHRAX)["woah-immediate"]
    assert woah.due == datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
    assert woah.target is None
    cbm = owed(*TRIGGERS["btwc-unusual-outbreak"][:1], **TRIGGERS["btwc-unusual-outbreak"][1])["btwc-unusual-outbreak"]
    assert cbm.due == datetime(2027, 4, 15, 17, 59, 59, tzinfo=UTC), "the end of 15 April in Bishkek"


def test_a_clock_of_the_future_never_starts_later_than_now() -> None:
    """A publisher's wrong clock must not buy time."""
    duty = owed("animal-disease", agent=ANTHRAX, reported="2099-01-01T00:00:00Z")["woah-immediate"]
    assert duty.started == NOW
    assert duty.due == NOW + timedelta(hours=24)


def test_what_is_not_confirmed_is_shown_and_nothing_is_invented() -> None:
    """An invented contact would be telephoned on the worst day."""
    munition = owed("found-munition")["cwc-munition"]
    assert (munition.national_bodies, munition.focal_points, munition.confidence) == ((), (), "low")
    teia = owed("chemical-release", **TRIGGERS["teia-accident"][1])["teia-accident"]
    assert teia.voluntary
    assert teia.possible
    assert owed("animal-disease", agent=ANTHRAX)["eaeu-animal-disease"].confidence == "low"


def test_where_the_security_body_leads_two_persons_release() -> None:
    """What is told of a theft may cost an investigation."""
    theft = owed("lost-source", stolen=True)["icsant-offence"]
    assert theft.persons == 2
    assert theft.restricted
    assert owed("tailings-failure")["enc-tailings"].persons == 1


@pytest.mark.parametrize(
    "changes", [{"status": "Test"}, {"message_type": "Cancel"}, {"where": {"point": {"lat": 41.3, "lon": 69.3}}}]
)
def test_tests_cancellations_and_events_abroad_raise_nothing(changes: dict[str, Any]) -> None:
    """A test of the line must not frighten Vienna; an accident abroad is for that state to tell."""
    assert not owed("tailings-failure", **changes)


def test_readings_raise_no_duty() -> None:
    """An instrument's number is for a person to judge first."""
    for kind in ("gamma-dose-rate", "seismic-detection", "disease-count", "water-quality"):
        assert not owed(kind)


def test_the_dry_run_shows_a_duty_in_four_words_and_more() -> None:
    """The form that `cbrn route --json` promises."""
    shown = as_json(owed("tailings-failure")["enc-tailings"])
    assert {name: shown[name] for name in ("framework", "article", "addressee", "due")} == {
        "framework": "enc",
        "article": "Art. 2",
        "addressee": "iaea,uz",
        "due": None,
    }
    assert as_json(owed("animal-disease", agent=ANTHRAX)["woah-immediate"])["due"] == "2026-11-24T05:30:00Z"


def test_an_event_of_before_the_accession_breaks_no_duty() -> None:
    """The Early Notification Convention binds since October 2025."""
    book = national_rulebook()
    (case,) = [case for duty in book.duties if duty.id == "enc-tailings" for case in duty.cases if case.duties]
    then = Matcher(book, on=datetime(2024, 6, 1, tzinfo=UTC).date()).decide(case_facets(case)).duties
    assert not [name for name in then if name.startswith(("enc-", "assist-"))]
    assert "ihr-assess" in then


def test_every_trait_that_rules_of_duties_name_exists_and_every_addressee_is_a_body() -> None:
    """A trait that nothing derives would never raise; a code without a body would reach nobody."""
    for duty in national_rulebook().duties:
        assert set(duty.asked.get("traits", ())) - {"any"} <= TRAITS
        assert set(duty.obligation.addressees) <= set(bodies())


def test_a_neighbour_of_a_further_district_is_told_as_well() -> None:
    """The cloud goes over two districts; only the second lies at the border."""
    far = {"district": "41702220", "further_districts": ["41703"]}
    near = {"district": "41703", "further_districts": ["41702220"]}
    release = {"severity": "Severe", "substances": [{"name": "chlorine", "cas": "7782-50-5", "mass_kg": 90_000}]}
    told = [owed("chemical-release", where=where, **release)["teia-accident"].addressees for where in (far, near)]
    assert told[0] == told[1]
    assert "uz" in told[0]

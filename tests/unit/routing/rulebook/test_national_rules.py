"""The national rule book: no cell is forgotten, and the table «who watches what» stands in it."""

from __future__ import annotations

from itertools import chain, combinations, product
from typing import Any

import pytest
from tests.builders.golden import ROOT
from tests.builders.rules import cell, named, told

from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.rulebook import Directory, Matcher, failing_cases, national_rulebook
from cbrn_routing.rulebook.vocabulary import HAZARDS_OF, REGIONS, SCALARS, lane_of_kind
from cbrn_routing.traits import EMPTY, HANDLING_TRAITS, TRAITS
from cbrn_schemas.catalogue.bodies import authority, bodies
from cbrn_schemas.catalogue.frameworks import frameworks

TEN = ("mes", "mia", "mnrets", "moh", "scns", "mof", "mec", "mwrapi", "moe", "mshei", "nas")
"""The working group's ten members; Education and Science is two bodies since May 2025."""
ORGANISATIONS = {code for code, body in bodies().items() if body.kind == "organisation"}
TABLE = {*TEN, "mfa", "sbs", "customs"}
"""The bodies of the table «who watches what»; services that act in the field are told besides."""
LEAD_FACETS = {"lane", "hazard", "kind", "severity", "deliberate", "traits"}
"""What a lead may depend on; the walk below goes through all of it."""


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(national_rulebook())


def partners(decision: Decision) -> set[str]:
    return {each.body for each in decision.partners}


def subsets(values: set[str]) -> list[frozenset[str]]:
    ordered = sorted(values)
    sizes = range(len(ordered) + 1)
    return [frozenset(each) for each in chain.from_iterable(combinations(ordered, size) for size in sizes)]


def test_every_cell_has_exactly_one_lead(matcher: Matcher) -> None:
    """A forgotten cell is an alert that nobody answers; two leads are an alert that both leave to the other."""
    leads = [rule for rule in matcher.book.rules if rule.lead]
    conditions = [each.conditions() for rule in leads for each in (rule.when, *rule.unless)]
    assert set(chain.from_iterable(conditions)) <= LEAD_FACETS
    named = {str(trait) for each in conditions for trait in each.get("traits", ())}
    assert named <= TRAITS
    pairs = [(kind, hazard) for kind, hazards in HAZARDS_OF.items() for hazard in hazards]
    assert len({kind for kind, _ in pairs}) == 47
    leading, decided = set(), set()
    for (kind, hazard), severity, deliberate, traits in product(
        pairs, SCALARS["severity"], (True, False, None), subsets(named)
    ):
        facets = cell(kind, hazard, severity=severity, deliberate=deliberate, traits=traits)
        matching = matcher.matching(facets)
        lead = next((rule.id for rule in matching if rule.lead), None)
        assert lead, f"nobody leads {facets}"
        # Whom a decision names follows from the rules that match and from what closes the event.
        if (ground := (tuple(rule.id for rule in matching), traits & HANDLING_TRAITS)) not in decided:
            decided.add(ground)
            assert len(told(matcher.decide(facets), Role.LEAD)) == 1
        leading.add(lead)
    assert leading == {rule.id for rule in leads}, "a lead rule that never leads"


def test_the_cases_beside_the_rules_hold(matcher: Matcher) -> None:
    """What an author wrote as an example has to be what the whole book does."""
    assert sum(len(rule.cases) for rule in matcher.book.rules) > 40
    assert [str(failure) for failure in failing_cases(matcher)] == []


def test_a_wrong_case_is_found(matcher: Matcher) -> None:
    """The test above would pass for ever if failing cases were not seen."""
    rules = [rule for rule in matcher.book.rules if rule.id == "tailings-failure"]
    wrong = [rule.model_copy(update={"lead": "moh", "acknowledge_within": "1h"}) for rule in rules]
    book = type(matcher.book).from_groups([wrong])
    failures = failing_cases(Matcher(book))
    assert {(each.rule, each.field) for each in failures} >= {
        ("tailings-failure", "lead"),
        ("tailings-failure", "acknowledge_within"),
    }
    assert any("lead: expected mes, got moh" in str(each) for each in failures)


SOURCE = ("mnrets", {"mes", "mia", "scns"}, {"moh", "mfa", "mec"})
PORTAL = ("mnrets", {"mes", "mia", "scns"}, {"moh", "mfa", "mec", "sbs", "customs"})
"""The table names the border service and customs at the border; the train of 2007 was found inland, and they had let it
pass: whoever runs the portals is informed wherever one alarms."""
SECRET = ("scns", {"mia", "mnrets"}, {"mfa", "mec"})
SECRET_AGENTS = ("scns", {"mia", "mnrets"}, {"mfa", "mec", "moh"})
"""Stolen strains make patients: Health is told by a restricted rule of its own."""
TOXIC = ("mes", {"mnrets", "moh", "mia"}, set())
"""Agriculture is told where water, fields or a pesticide are touched, and not of every bottle."""
BURIAL = ("mnrets", {"mes", "mwrapi"}, {"moh"})
RIVER = ("mes", {"mnrets", "moh"}, {"mwrapi"})
CARGO = ("customs", {"mnrets"}, set())
GRAVE_CARGO = ("customs", {"scns", "mnrets"}, {"mof", "mfa", "sbs", "mec"})
RADIOACTIVE_CARGO = ("customs", {"mnrets"}, {"mes", "moh"})
"""The table says «shipment», whatever it is. A pallet with moths is no business of Finance and national security: they
are told of what is grave, hidden, nuclear or without a licence. Two real cases name Emergencies and Health besides."""


@pytest.mark.parametrize(
    ("facets", "lead", "support", "inform"),
    [
        (cell("tailings-failure", "radiological"), *RIVER),
        (cell("tailings-failure", "chemical"), *RIVER),
        (cell("contamination", "radiological"), *RIVER),
        (cell("gamma-dose-rate", severity="Moderate"), *RIVER),
        (cell("orphan-source"), *SOURCE),
        (cell("lost-source"), *SOURCE),
        (cell("portal-alarm", "radiological"), *PORTAL),
        (cell("portal-alarm", "nuclear"), *PORTAL),
        (cell("lost-source", traits={"stolen"}), *SECRET),
        (cell("trafficking", "nuclear"), *SECRET),
        (cell("trafficking", "biological"), *SECRET_AGENTS),
        (cell("laboratory-incident", "biological", traits={"stolen"}), *SECRET_AGENTS),
        (cell("chemical-release"), *TOXIC),
        (cell("chemical-spill"), *TOXIC),
        (cell("toxic-fire"), *TOXIC),
        (cell("transport-accident", "chemical"), *TOXIC),
        (cell("facility-emergency", "chemical"), *TOXIC),
        (cell("chemical-release", exposed={"school"}), "mes", {"mnrets", "moh", "mia"}, {"moe"}),
        (cell("chemical-spill", traits={"river"}), "mes", {"mnrets", "moh", "mia"}, {"mwrapi"}),
        (cell("burial-site-breach", "chemical"), *BURIAL),
        (cell("contamination", "chemical", traits={"pcb"}), *BURIAL),
        (cell("chemical-spill", traits={"pcb", "pop"}), *BURIAL),
        (cell("human-disease", traits={"dangerous-disease"}), "moh", {"mia"}, set()),
        (
            cell("human-disease", traits={"dangerous-disease", "zoonosis", "ihr-consider"}),
            "moh",
            {"mia", "mwrapi"},
            {"sbs", "moe", "mfa"},
        ),
        (cell("animal-disease"), "mwrapi", set(), set()),
        (
            cell("animal-disease", severity="Severe", traits={"dangerous-disease"}),
            "mwrapi",
            {"mia"},
            {"mes", "mec", "sbs", "customs"},
        ),
        (cell("animal-disease", traits={"zoonosis"}), "mwrapi", {"moh"}, set()),
        (cell("suspected-explosion"), "nas", {"mes"}, {"mfa", "scns"}),
        (cell("seismic-detection", traits={"suspicious"}), "nas", {"mes"}, {"mfa", "scns"}),
        (cell("seismic-detection", severity="Moderate"), "nas", set(), {"mes"}),
        (cell("denied-licence", "nuclear"), "mec", {"scns", "mnrets"}, {"mfa"}),
        (cell("detained-shipment", "chemical", severity="Severe"), *GRAVE_CARGO),
        (cell("detained-shipment", "chemical"), *CARGO),
        (cell("undeclared-shipment", "radiological"), *RADIOACTIVE_CARGO),
    ],
    ids=named,
)
def test_the_table_who_watches_what(
    matcher: Matcher, facets: Facets, lead: str, support: set[str], inform: set[str]
) -> None:
    """The working group's own table is what the first book was asked to say."""
    decision = matcher.decide(facets)
    assert told(decision, Role.LEAD) == {lead}
    assert told(decision, Role.SUPPORT) & TABLE == support
    assert told(decision, Role.INFORM) & TABLE == inform
    # Of a theft the IAEA may be told: a restricted rule of its own says so.
    assert partners(decision) <= {"iaea"}


@pytest.mark.parametrize("kind", ["orphan-source", "portal-alarm", "lost-source"])
def test_border_service_and_customs_support_at_the_border(matcher: Matcher, kind: str) -> None:
    """A source at a crossing is in their hands before anybody else comes."""
    assert {"sbs", "customs"} <= told(matcher.decide(cell(kind, border=True)), Role.SUPPORT)


@pytest.mark.parametrize(
    "facets",
    [
        cell("tailings-failure", "radiological", severity="Moderate", downstream={"UZ", "KZ"}),
        cell("contamination", "radiological", severity="Severe", downstream={"UZ", "KZ"}),
        cell("transport-accident", "radiological", severity="Severe", downstream={"UZ", "KZ"}),
        cell("gamma-dose-rate", severity="Severe", downstream={"UZ", "KZ"}),
        cell("chemical-spill", severity="Moderate", traits={"river"}, downstream={"UZ", "KZ"}),
    ],
    ids=lambda facets: facets.kind,
)
def test_the_countries_downstream_are_partners_and_foreign_affairs_is_informed(
    matcher: Matcher, facets: Facets
) -> None:
    """The river carries it over the border in hours, and only a person may send word there."""
    decision = matcher.decide(facets)
    assert partners(decision) - ORGANISATIONS == {"uz", "kz"}
    assert "mfa" in told(decision, Role.INFORM)
    assert not {"uz", "kz"} & {each.body for each in decision.recipients}
    closed = matcher.decide(facets._replace(downstream=EMPTY))
    assert partners(closed) == set()
    assert "mfa" not in {each.body for each in closed.recipients}


OPEN_SECRETS = {"trafficking", "sabotage"}
"""For named officers of the bodies that restricted rules name: no general rule adds a member to them."""
INTENDED = {"illegal-dumping", "detained-shipment", "undeclared-shipment", "denied-licence"}
"""Always deliberate: intent alone makes them no act against the state."""


@pytest.mark.parametrize(
    "change", [{"severity": "Extreme"}, {"deliberate": True, "severity": "Severe"}], ids=["extreme", "deliberate"]
)
def test_extreme_or_deliberate_brings_security_emergencies_and_all_members(
    matcher: Matcher, change: dict[str, Any]
) -> None:
    """Last row of the table: whatever the kind, security and emergencies act, and every member knows."""
    for kind, hazards in HAZARDS_OF.items():
        if kind in OPEN_SECRETS or (kind in INTENDED and "deliberate" in change):
            continue
        if kind == "lost-source" and "deliberate" in change:
            continue
        for hazard in hazards:
            ordinary, decision = matcher.decide(cell(kind, hazard)), matcher.decide(cell(kind, hazard, **change))
            acting = told(decision, Role.LEAD) | told(decision, Role.SUPPORT)
            assert {"scns", "mes"} <= acting
            assert set(TEN) <= {each.body for each in decision.recipients}
            is_theft = kind == "lost-source" and "deliberate" in change
            is_reading = kind == "gas-concentration" or (kind == "water-quality" and hazard != "biological")
            if not is_theft and not is_reading:
                assert told(decision, Role.LEAD) == told(ordinary, Role.LEAD)


@pytest.mark.parametrize(
    "facets",
    [
        cell("trafficking", "radiological"),
        cell("sabotage", "chemical"),
        cell("lost-source", traits={"stolen"}),
        cell("lost-source", deliberate=True),
    ],
    ids=named,
)
def test_theft_sabotage_and_trafficking_are_restricted(matcher: Matcher, facets: Facets) -> None:
    """An investigation must not be read by whoever opens the ministry's mail."""
    decision = matcher.decide(facets)
    assert told(decision, Role.LEAD) == {"scns"}
    assert all(each.restricted for each in decision.recipients)
    assert not any(each.restricted for each in matcher.decide(cell("chemical-release")).recipients)


@pytest.mark.parametrize("region", REGIONS)
def test_the_head_of_the_region_is_informed_from_moderate_on(matcher: Matcher, region: str) -> None:
    """He heads the civil protection commission and declares the emergency regime."""
    head = authority(region)
    assert head is not None
    for kind, severity in product(HAZARDS_OF, SCALARS["severity"]):
        recipients = {each.body for each in matcher.decide(cell(kind, severity=severity, region=region)).recipients}
        if kind in OPEN_SECRETS or kind in {"detained-shipment", "denied-licence", "safeguards-discrepancy"}:
            continue
        least = {"incidents": {"Minor"}, "monitoring": {"Minor", "Moderate", "Unknown"}}
        wanted = severity not in least[lane_of_kind(kind)]
        assert (head.code in recipients) is wanted


def test_every_member_is_lead_support_or_informed_somewhere(matcher: Matcher) -> None:
    """Each of the ten has a part of its own, not only in what everybody is told."""
    specific = [rule for rule in matcher.book.rules if "{members}" not in rule.inform]
    by_mandate = {
        name
        for rule in specific
        for name in (rule.lead, *rule.support, *rule.inform)
        if any(basis.instrument == f"mandate-{name}" for basis in rule.bases)
    }
    assert set(TEN) <= by_mandate
    assert set(TEN) == {code for code, body in bodies().items() if body.member and body.valid_to is None}
    assert Directory.from_catalogue().members == tuple(sorted(TEN))


def test_incidents_and_danger_readings_ask_for_an_answer(matcher: Matcher) -> None:
    """A dam at its danger mark is not answered tomorrow; the level of the week is."""
    for kind, hazards in HAZARDS_OF.items():
        for hazard, severity in product(hazards, SCALARS["severity"]):
            deadline = matcher.decide(cell(kind, hazard, severity=severity)).acknowledge_within_s
            grave = severity in {"Severe", "Extreme"}
            assert (deadline is not None) is (lane_of_kind(kind) == "incidents" or grave)
            assert severity != "Extreme" or deadline is None or deadline <= 300


def test_routine_readings_go_to_few(matcher: Matcher) -> None:
    """A flood of readings that everybody gets is read by nobody."""
    for kind, hazards in HAZARDS_OF.items():
        if lane_of_kind(kind) == "monitoring":
            for hazard in hazards:
                decision = matcher.decide(cell(kind, hazard, downstream={"UZ"}, neighbours={"UZ"}, region="KG-J"))
                assert len(decision.recipients) <= 3
                assert not decision.partners


def test_every_lead_stands_on_a_mandate_of_the_body_that_leads() -> None:
    """Whoever is told «you lead» asks by which right."""
    for rule in national_rulebook().rules:
        assert rule.lead is None or f"mandate-{rule.lead}" in {basis.instrument for basis in rule.bases}


def test_every_basis_names_a_framework_or_the_mandate_of_a_body() -> None:
    """A basis is what the desk shows as the reason in law: a framework, a mandate, or a named act of the state."""
    for rule in national_rulebook().rules:
        for basis in rule.bases:
            if basis.instrument.startswith("mandate-"):
                assert basis.instrument.removeprefix("mandate-") in {*bodies(), "region"}
            elif basis.instrument.startswith("act-"):
                assert basis.since, "an act of the Kyrgyz Republic has a year"
            else:
                assert basis.instrument in frameworks()
            unconfirmed = basis.source.startswith("own general knowledge")
            assert not unconfirmed or basis.confidence == "low"


def test_the_book_that_is_shipped_is_the_book_in_the_rules_folder() -> None:
    """Wheel and checkout read the same files; the folder's name is only a link to them."""
    folder = ROOT / "routing" / "rules"
    assert type(national_rulebook()).load(folder).digest == national_rulebook().digest

"""What reaches whom abroad: proved over every cell in which the book holds a copy, under the agreements given."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.builders.rules import make_book, make_rule
from tests.builders.sharing import agreement, allowing

from cbrn_routing.proof import partners as proof
from cbrn_routing.rulebook import Matcher, national_rulebook
from cbrn_routing.sharing import Agreements, Written
from cbrn_routing.sharing import share as real_share
from cbrn_schemas.events import parse_event

EXAMPLES = Path(__file__).parents[4] / "deploy" / "examples" / "agreements"
DAY = date(2026, 11, 23)
GRAVE = {"id": "grave-and-near", "when": [{"severity": ["Extreme"], "neighbours": ["KZ"]}]}
NEAR = make_rule("near", {"kind": "chemical-spill", "neighbours": "any"}, partners=["{neighbours}"])


def found(book, *agreements):
    """Prove, and return the findings by code and the beginning of their subject."""
    read = Agreements(tuple(Written(f"{each.partner}.yaml", each, {}) for each in agreements))
    return list(proof.reaching(book, DAY, read))


def told(findings, partner="kz"):
    return {(each.code, each.subject) for each in findings if partner in each.subject}


@pytest.fixture(scope="module")
def national_findings():
    """Prove the national book under the example agreement, once."""
    return list(proof.reaching(national_rulebook(), DAY, Agreements.read(EXAMPLES)))


def test_without_an_agreement_nothing_can_leave_and_it_is_told():
    """A copy that nobody can release is no comfort."""
    findings = found(make_book(NEAR))
    assert {each.subject for each in findings} == {"kz", "uz", "tj", "cn"}
    assert all(each.rules == ("near",) for each in findings)
    assert {(each.severity, each.code) for each in findings} == {("warning", "partner-without-agreement")}


def test_each_cell_that_names_a_partner_waits_leaves_by_name_or_never_leaves():
    """And each is shown by an event that does so, by the matcher's own word."""
    findings = found(make_book(NEAR), allowing("chemical-spill", pre_authorised=[GRAVE]))
    assert told(findings) == {
        ("partner-waits", "kz: 1: chemical-spill"),
        ("partner-pre-authorised", "kz: grave-and-near: chemical-spill"),
        ("partner-never", "kz: above-tlp: chemical-spill"),
    }
    for each in findings:
        assert each.event is not None
        assert each.facets is not None
        decision = Matcher(make_book(NEAR), on=DAY).decide(each.facets)
        assert each.subject.partition(":")[0] in {partner.body for partner in decision.partners}
        assert parse_event(json.dumps(each.event).encode()).kind == "chemical-spill"


def test_a_kind_that_the_agreement_does_not_name_can_never_leave():
    """The rule sends it all the same: one of the two is wrong."""
    findings = found(make_book(NEAR), agreement())
    assert ("partner-never", "kz: kind-not-named: chemical-spill") in told(findings)


def test_a_pre_authorised_cell_that_no_rule_sends_is_an_error():
    """Somebody thinks that the neighbour is told, and it is not."""
    idle = {"id": "never-sent", "when": [{"kind": "chemical-spill", "neighbours": ["none"]}]}
    findings = found(make_book(NEAR), allowing("chemical-spill", pre_authorised=[GRAVE, idle]))
    unreachable = [each for each in findings if each.code == "pre-authorised-unreachable"]
    assert [(each.severity, each.subject) for each in unreachable] == [("error", "kz/1: never-sent")]


def test_what_is_restricted_needs_two_persons_and_is_never_pre_authorised():
    """Whatever the agreement's cells say."""
    secret = make_rule("secret", {"kind": "chemical-spill"}, partners=["kz"], restricted=True, inform=("mes",))
    findings = found(make_book(secret), allowing("chemical-spill", pre_authorised=[GRAVE], tlp="RED"))
    assert told(findings) == {
        ("partner-waits", "kz: 2: chemical-spill"),
        ("pre-authorised-unreachable", "kz/1: grave-and-near"),
    }


@pytest.mark.parametrize(
    ("spoiled", "detail"),
    [
        ({"data": b'{"kind":"chemical-spill","hazard":"chemical","tlp":"GREEN","where":{},"dead":1}'}, "dead"),
        ({"data": b'{"kind":"chemical-spill","hazard":"chemical","tlp":"GREEN","where":{"point":{}}}'}, "where"),
        ({"data": b'{"kind":"toxic-fire","hazard":"chemical","tlp":"GREEN","where":{}}'}, "toxic-fire (chemical)"),
        ({"data": b'{"kind":"chemical-spill","hazard":"chemical","tlp":"RED","where":{}}'}, "RED"),
        ({"persons": 0}, "pre_authorised"),
    ],
)
def test_a_reduction_that_lets_too_much_through_would_be_found(monkeypatch, spoiled, detail):
    """The proof looks at what would leave, and not at the code that says so."""
    monkeypatch.setattr(proof, "share", lambda *given, **more: replace(real_share(*given, **more), **spoiled))
    findings = found(make_book(NEAR), allowing("chemical-spill"))
    assert ("partner-leak", f"kz: {detail}: chemical-spill") in told(findings)
    assert {each.severity for each in findings if each.code == "partner-leak"} == {"error"}


def test_an_agreement_that_lapses_soon_is_told():
    """Ninety days beforehand, as of a law."""
    findings = found(make_book(NEAR), allowing("chemical-spill", valid_to="2026-12-31"))
    assert ("agreement-lapses", "2027-01-01: kz/1") in told(findings)


def test_a_duty_to_a_partner_counts_as_a_rule_does(national_findings):
    """Copies are held for whoever is owed a notice."""
    subjects = {each.subject.partition(":")[0] for each in national_findings}
    assert {"kz", "uz", "iaea", "who"} <= subjects


def test_the_example_agreement_and_the_national_book_leave_nothing_unproved(national_findings):
    """No leak, no idle cell, no class of cells without an event to try."""
    assert not {each.code for each in national_findings} & {
        "partner-leak",
        "partner-untried",
        "pre-authorised-unreachable",
        "too-many-cells",
    }
    assert all(each.event is not None for each in national_findings)

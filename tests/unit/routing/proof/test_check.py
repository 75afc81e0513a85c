"""What the check says of whole books: proved, too large to walk, empty, not there."""

from datetime import date

import pytest
import yaml
from tests.builders.command_line import CliRunner
from tests.builders.proof import DAY, TITLE, addition, rule, texts

import cbrn_schemas.catalogue.bodies
import cbrn_schemas.catalogue.words
from cbrn_deploy.cli.main import app
from cbrn_routing.proof import check, check_texts, columns
from cbrn_routing.rulebook import RuleBook, national_rulebook


def test_the_national_book_is_proved():
    """Nobody may put into force what this refuses; warnings are questions to the ministries."""
    report = check(national_rulebook(), date.fromisoformat(DAY))
    assert [finding.message for finding in report.errors] == []
    assert report.passed
    assert "focal-point" in {finding.code for finding in report.warnings}


def test_a_book_of_one_rule_that_leaves_nothing_out_is_proved(prove):
    """The other tests break this book, so what they find comes from the break."""
    answer, found = prove(texts([rule()]))
    assert answer["passed"]
    assert set(found) <= {"focal-point"}


def test_the_national_book_is_proved_for_a_day_of_the_past_with_the_bodies_of_that_day():
    """Events of 2024 are still corrected: the ministry of that time stands for those that followed it."""
    report = check(national_rulebook(), date(2024, 6, 1))
    assert [finding.message for finding in report.errors] == []
    assert "mshei → moes" in {finding.subject for finding in report.warnings}


def test_a_duty_that_no_event_can_raise_is_found():
    """It would never be drafted."""
    duty = {
        "id": "never",
        "title": TITLE,
        "clock": "ihr/notify",
        "when": {"kind": "orphan-source", "traits": "zoonosis"},
    }
    possible = {**duty, "id": "sometimes", "when": {"kind": "human-disease", "traits": "ihr-notifiable"}}
    book = {**texts([rule()]), "duties.yaml": yaml.safe_dump({"duties": [duty, possible]}, allow_unicode=True)}
    found = {finding.code: finding for finding in check_texts(book, date.fromisoformat(DAY)).errors}
    assert list(found) == ["duty-unreachable"]
    assert found["duty-unreachable"].rules == ("never",)


@pytest.mark.parametrize("most", [1, 85])
def test_a_book_that_cannot_be_walked_in_time_is_not_called_proved(monkeypatch, most):
    """A bound that is reached in silence would be a hole in the proof: in who leads, and in whom a rule reaches."""
    monkeypatch.setattr(columns, "CLASSES_MAX", most)
    fires = addition(when={"kind": "toxic-fire"}, unless=[{"severity": "Minor"}, {"hazard": "nuclear"}])
    report = check(RuleBook.from_texts(texts([rule(), fires])), date.fromisoformat(DAY))
    assert "too-many-cells" in {finding.code for finding in report.errors}


def test_a_rule_with_many_exceptions_on_many_facets_is_proved():
    """Multiplied, their facets are millions of classes: only what can still make a difference is split further."""
    unless = [
        {"urgency": "Past", "certainty": "Unlikely", "status": "Test", "exposed": "livestock"},
        {"urgency": "Future", "certainty": "Possible", "exposed": "irrigation", "deliberate": False},
        {"urgency": "Expected", "certainty": "Likely", "exposed": "school", "traits": "pesticide"},
        {"urgency": "Immediate", "certainty": "Unknown", "exposed": "hospital", "traits": "pop"},
        {"severity": "Severe", "exposed": "dwellings", "traits": "pcb", "region": "KG-J"},
        {"severity": "Minor", "exposed": "drinking-water", "traits": "rotterdam", "neighbours": "UZ"},
        {"severity": "Extreme", "traits": "cwc-scheduled", "downstream": "KZ"},
    ]
    report = check(RuleBook.from_texts(texts([rule(unless=unless)])), date.fromisoformat(DAY))
    assert {finding.code for finding in report.errors} == {"no-lead"}


def test_a_book_without_rules_leads_nowhere():
    """The plainest of all gaps."""
    report = check(RuleBook(()), date.fromisoformat(DAY))
    assert {finding.code for finding in report.errors} == {"no-lead"}


def test_every_finding_has_a_sentence_in_three_languages():
    """The check speaks to officers and lawyers."""
    codes = {code for group, code in cbrn_schemas.catalogue.words.words() if group == "finding"}
    assert {"no-lead", "shadowed", "no-basis", "body-ended", "text-missing", "two-files-lead"} <= codes
    report = check(national_rulebook(), date.fromisoformat(DAY))
    assert {finding.code for finding in report.findings} <= codes
    assert all(len({finding.said(lang) for lang in ("ky", "ru", "en")}) == 3 for finding in report.findings)


def test_a_day_that_is_none_is_refused():
    """Status 2 is for what cannot be understood."""
    asked = CliRunner().invoke(app, ["rules", "check", "--on", "tomorrow"])
    assert asked.exit_code == 2


def test_a_book_that_is_not_there_is_refused():
    """The same."""
    assert CliRunner().invoke(app, ["rules", "check", "no-such-book"]).exit_code == 2

"""One rule in words; the book by law, and by duty."""

import pytest
from tests.builders.desk_rules import DAY, LANGUAGES, proof, shelf

from cbrn_consumers.desk.rulebook import acts, cells_of, duties, read
from cbrn_routing.rulebook import DutyRule, national_rulebook
from cbrn_schemas.catalogue.bodies import bodies


def _read(rule, lang="en"):
    return read(shelf().by_id[rule], DAY, lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_rule_can_be_read_in_every_language(lang):
    """With a title, its conditions and its law; no code of a facet is left bare."""
    for entry in shelf().entries:
        rule = read(entry, DAY, lang)
        assert rule.title
        assert rule.when
        assert all(": " in fact for condition in rule.when for fact in condition)
        assert rule.laws or rule.owed


def test_a_rule_says_whom_it_tells_as_whom_and_by_when():
    """In the order of the roles."""
    rule = _read("transport-accident")
    assert [(party.code, [one.code for one in party.named]) for party in rule.told] == [
        ("lead", ["mes"]),
        ("support", ["mnrets", "moh", "mia"]),
    ]
    assert rule.answer == "15 min"
    assert rule.cases[0].title.startswith("Min-Kush")
    assert dict(rule.cases[0].expected)["lead"] == bodies()["mes"].short("en")


def test_a_rule_that_sets_no_time_says_none():
    """The shortest of the others counts."""
    assert _read("animals-poisoned-on-purpose").answer == ""


def test_a_duty_says_to_whom_by_when_and_who_answers_for_it():
    """And that no source names a contact, where none does."""
    duty = _read("enc-transport")
    assert duty.duty
    assert not duty.told
    assert duty.owed.within == "forthwith"
    assert "IAEA" in duty.owed.addressees


@pytest.mark.parametrize("lang", LANGUAGES)
def test_by_law_every_rule_stands_under_each_of_its_articles(lang):
    """A lawyer who reads one act sees all that rests on it."""
    found = {(rule.id, act.code) for act in acts(shelf(), lang) for article in act.articles for rule in article.rules}
    book = national_rulebook()
    assert found == {
        *((rule.id, basis.instrument) for rule in book.rules for basis in rule.bases),
        *((duty.id, duty.obligation.framework) for duty in book.duties),
    }


def test_the_places_of_acts_and_articles_are_the_same_in_every_language_and_stand_for_one_each():
    """An address that a lawyer sends must open the same article for whoever reads in another language."""
    by_lang = [[act.code for act in acts(shelf(), "en")]]
    for lang in LANGUAGES:
        anchors = [article.anchor for act in acts(shelf(), lang) for article in act.articles]
        assert len(anchors) == len(set(anchors))
        by_lang.append(sorted(anchors))
    assert by_lang[1] == by_lang[2] == by_lang[3]
    known = {*by_lang[1], *by_lang[0]}
    for entry in shelf().entries:
        rule = read(entry, DAY, "en")
        assert {law.anchor for law in rule.laws} <= known
        assert rule.owed is None or rule.owed.anchor in known


def test_all_duties_stand_by_framework():
    """None is left out, none stands twice."""
    found = [duty.id for each in duties(shelf(), "ky") for duty in each.duties]
    assert sorted(found) == sorted(duty.id for duty in national_rulebook().duties)
    assert all(isinstance(shelf().by_id[rule].rule, DutyRule) for rule in found)


def test_a_rule_shows_the_kinds_of_events_in_which_it_decides():
    """As whom those are told that it names, at which severity."""
    cells = cells_of(proof().shown, "transport-accident", "en")
    assert {cell.hazard for cell in cells} == {"chemical", "biological", "radiological", "nuclear"}
    assert all("Extreme" in cell.severities and cell.roles.startswith("lead") for cell in cells)
    assert cells_of(proof().shown, "no-such-rule", "en") == ()

"""Rules are found by what an officer or a lawyer types: in three languages, with any keyboard; by body, hazard, act."""

import pytest
from tests.builders.desk_rules import shelf

from cbrn_consumers.desk.rulebook import HAZARDS, Filters
from cbrn_routing.rulebook import national_rulebook


def _ids(**asked):
    return [entry.rule.id for entry in shelf().find(Filters(**asked))]


def test_without_a_question_every_rule_stands_in_the_books_order():
    """Rules first, duties after them."""
    book = national_rulebook()
    assert _ids() == [*(rule.id for rule in book.rules), *(duty.id for duty in book.duties)]


@pytest.mark.parametrize(
    "text",
    [
        "transport-accident",
        "Авария при перевозке",
        "кооптуу жук ташуу",
        "КООПТУУ ЖҮК",
        "accid dangerous",
        "  Accident  ",
    ],
)
def test_a_rule_is_found_by_the_beginnings_of_its_words_in_any_language(text):
    """Also from a keyboard without Kyrgyz letters, in capitals, and with blanks around."""
    assert "transport-accident" in _ids(text=text)


def test_a_body_finds_the_rules_that_name_it_and_those_whose_word_stands_for_it():
    """The head of a region is named by nobody, and told all the same."""
    assert "region" in _ids(body="ppp-naryn")
    assert "transport-accident" not in _ids(body="ppp-naryn")
    assert all("moh" in shelf().by_id[rule].bodies for rule in _ids(body="moh"))


def test_filters_hold_together():
    """Each takes some away."""
    both = set(_ids(hazard="nuclear", instrument="enc"))
    assert both == set(_ids(hazard="nuclear")) & set(_ids(instrument="enc"))
    assert both


def test_a_duty_is_found_by_whom_it_is_owed_to():
    """The IAEA is told by duties as well as by partner rules."""
    assert any(shelf().by_id[rule].is_duty for rule in _ids(body="iaea"))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "%00%s{}%(x)s",
        "\x00\u202e\ufeff",
        "../../etc/passwd",
        "(" * 500,
        "ӨӨ" * 99_999,
    ],
)
def test_hostile_text_is_compared_and_never_run(text):
    """What is too long is cut; of signs alone nothing is left to look for."""
    found = shelf().find(Filters(text))
    assert all(entry in shelf().entries for entry in found)


def test_every_rule_has_a_hazard_and_something_that_it_rests_on():
    """Otherwise no filter would ever show it."""
    for entry in shelf().entries:
        assert entry.hazards <= set(HAZARDS)
        assert entry.hazards, entry.rule.id
        assert entry.instruments, entry.rule.id

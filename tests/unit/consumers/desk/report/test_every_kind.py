"""Every kind of event has its form: nothing of it is lost on the way through, and all of it is said in words."""

import json
from datetime import datetime

import pytest
from tests.builders.desk_report import typed_example

from cbrn_consumers.desk.report import OFFERED, Question, Rows, check, families, filled, form, proposed
from cbrn_schemas.catalogue.words import words
from cbrn_schemas.contracts.template import example
from cbrn_schemas.events import EVENT_TYPES, to_bytes
from cbrn_schemas.events.time import LOCAL_TIME

LANGUAGES = ("ky", "ru", "en")
KINDS = sorted(OFFERED)
PARTS = 5
"""Into how many parts a kind's fields fall that are wrong at once: neighbours never are."""


def fixed(kind):
    return {name: example(kind)[name] for name in ("body", "status")} | {"kind": kind}


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_that_is_written_into_its_form_and_read_back_is_the_same(kind):
    """Byte by byte: what an officer sees and sends again says what it said."""
    told = EVENT_TYPES[kind].model_validate_json(json.dumps(example(kind)))
    checked = check(kind, filled(kind, example(kind)), fixed(kind))
    assert checked.mistakes == ()
    assert checked.event == told
    assert to_bytes(checked.event) == to_bytes(told)
    # And what is read from the bus again, as for an update.
    again = check(kind, filled(kind, json.loads(to_bytes(told))), fixed(kind))
    assert again.event == told


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_asked_for_in_words(kind, lang):
    typed = typed_example(kind)
    made = form(kind, typed, lang)
    asked = {each.path: each for each in made.everything}
    assert {name for name in typed if "~" not in name} <= asked.keys()
    assert len(asked) == len(list(made.everything)), "two questions would have one name"
    for each in made.everything:
        assert each.label, each.path
        assert "`" not in each.about
        if isinstance(each, Question):
            assert all(choice.label for choice in each.choices), each.path
            if each.choices:
                assert set(each.values) <= {choice.value for choice in each.choices}, each.path
    labelled = {("field", each.path.rpartition(".")[2]) for each in made.everything if isinstance(each, Question)}
    assert labelled - {("field", "place"), ("field", "unit")} <= words().keys() | {("field", "where")}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_form_asks_first_for_what_is_needed_and_says_what_is_missing(kind):
    typed = proposed(kind, datetime(2026, 11, 27, 3, 0, tzinfo=LOCAL_TIME))
    checked = check(kind, typed, fixed(kind))
    assert checked.event is None
    made = form(kind, typed, "ky", checked.mistakes)
    assert made.mistakes == ()
    assert len(made.wrong) >= 1
    assert all(each.required for each in made.wrong if isinstance(each, Question)), "said before it is missed"
    folded = [section for section in made.sections if section.folded]
    # What is put in when it is sent is no question of the officer's.
    late = {each.path for section in folded for item in section.items for each in [item] if item.mistakes}
    assert late <= {"reported"}


def nonsense_for(question):
    long = question.input in {"line", "prose"} and question.path != "where.place"
    return "\x07" + "?" * 5_000 if long else "\x07?"


@pytest.mark.parametrize("kind", KINDS)
def test_nonsense_in_every_field_is_told_at_that_field_in_every_language(kind):
    """A validator's new complaint, or a field that a form shows elsewhere, is found here and not at night.

    Several fields at once, and each is told: what is wrong with one must not hide another.
    """
    typed = typed_example(kind)
    questions = [each for each in form(kind, typed, "en").everything if isinstance(each, Question)]
    for start in range(PARTS):
        wrong = {each.path: [nonsense_for(each)] for each in questions[start::PARTS]}
        checked = check(kind, typed | wrong, fixed(kind))
        assert checked.event is None, wrong
        shown = form(kind, typed | wrong, "ky", checked.mistakes)
        assert wrong.keys() <= {each.path for each in shown.wrong}
        for mistake in checked.mistakes:
            assert ("mistake", mistake.code) in words(), (mistake.path, mistake.code)
            assert all("{" not in mistake.said(lang)[0] for lang in LANGUAGES)


def test_every_kind_is_offered_once_in_a_family_that_has_a_name():
    for lang in LANGUAGES:
        offered = [offer.kind for family in families(lang) for offer in family.offers]
        assert sorted(offered) == KINDS
        assert all(("kind-family", family.code) in words() for family in families(lang))
        assert all(offer.name and offer.about for family in families(lang) for offer in family.offers)


@pytest.mark.parametrize("wanted", ["tailings", "хвостохранил", "калдык сактагыч", "qaldyq saqtagych", "tailngs"])
def test_a_kind_is_found_in_any_language_and_spelling(wanted):
    assert "tailings-failure" in {offer.kind for family in families("ru", wanted) for offer in family.offers}


def test_a_disease_leads_to_the_kinds_that_report_it():
    offered = {offer.kind for family in families("ru", "сибирская язва") for offer in family.offers}
    assert offered == {"human-disease", "animal-disease"}


def test_a_list_that_must_not_be_empty_has_its_first_row():
    made = form("chemical-release", {}, "en")
    (substances,) = (each for each in made.everything if each.path == "substances")
    assert isinstance(substances, Rows)
    assert len(substances.groups) == 1

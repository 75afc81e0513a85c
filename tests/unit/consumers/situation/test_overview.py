"""What is put together of a situation: what changed, what still holds, why who was told, and for whose eyes."""

import json

import pytest
from tests.builders.duty_states import NOW as RAISED_AT
from tests.builders.duty_states import first, state_of
from tests.builders.golden import example
from tests.builders.situation import NOW, Told, min_kush, tailings, theft

from cbrn_consumers.situation import Weight, overview, sections
from cbrn_consumers.situation.as_json import overview_json
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.words import word

LANGUAGES = ["ky", "ru", "en"]


def seen(told, body=None, **more):
    """The overview as the bus's officer has it, or as one body does."""
    (name,) = told.read.standings.situations()
    found = overview(told.read, name, NOW, body=body, book=national_rulebook(), **more)
    assert found is not None
    return found


def rows(found, code, lang="en"):
    return [row for section in sections(found, lang) if section.code == code for row in section.rows]


def texts(found, code, lang="en"):
    return [f"{row.label}: {row.text}" if row.label else row.text for row in rows(found, code, lang)]


def test_what_one_acts_on_stands_first():
    """At three in the morning nobody reads to the end."""
    found = sections(seen(min_kush("mes"), "mes"), "en")
    assert [section.code for section in found][:3] == ["answer", "to-do", "call"]
    deadline, part, *_ = rows(seen(min_kush("mes"), "mes"), "answer")
    assert (deadline.text.endswith("late 9 min"), deadline.weight) == (True, Weight.ALARM)
    assert part.text == "lead · NO ANSWER"


def test_an_answer_is_wanted_anew_and_it_is_said_why():
    """The officer who answered «empty» must see that it is loaded."""
    anew = [text for text in texts(seen(min_kush("mes"), "mes"), "answer") if text.startswith("answer anew")]
    assert anew == ["answer anew: substances: unknown → U-238, Ra-226; severity: Minor → Moderate"]


def test_each_update_says_what_it_changed():
    """The newest first; what an update does not repeat is no change."""
    found = [row.text for row in rows(seen(min_kush(until="commission")), "updates")]
    assert "commission" in found[0]
    assert found[0].startswith("UPDATE · ")
    whole = "\n".join(found)
    assert "severity: Moderate → Minor" in whole
    assert "ill or injured: 1" in whole
    assert "injured: 1 → " not in whole


def test_what_is_not_repeated_still_holds_and_says_since_when():
    """An update that is silent about the injured has not healed them."""
    hurt = next(row for row in rows(seen(min_kush(until="commission")), "people") if row.label == "ill or injured")
    assert hurt.text.startswith("1 · said ")
    assert hurt.weight is Weight.QUIET


def test_an_instruction_holds_until_the_all_clear():
    """«Do not drink» stays while nobody has taken it back; after the all-clear it would frighten."""
    (kept,) = texts(seen(min_kush(until="commission")), "to-do")
    assert kept.startswith("Do not drink from the river. · said ")
    assert texts(seen(min_kush(until="all-clear")), "to-do") == []
    assert texts(seen(min_kush(until="first-report")), "to-do") == [word("ui", "no-instruction", "en")]


@pytest.mark.parametrize(("lang", "mark"), [("en", "[original: Russian] "), ("ky", "[түп нускасы: орусча] ")])
def test_a_text_that_is_not_in_the_readers_language_is_marked(lang, mark):
    """Better in another language than not at all, and nobody wonders whose words these are."""
    text = {"headline": "Прорыв", "instruction": "Уходите от реки", "description": "Дамба прорвана"}
    found = seen(tailings(texts={"ru": text}))
    assert texts(found, "to-do", lang) == [f"{mark}Уходите от реки"]
    assert texts(found, "what", lang)[0] == f"{mark}Дамба прорвана"
    assert texts(found, "to-do", "ru") == ["Уходите от реки"]


def test_it_says_where_to_the_metre_and_which_site_is_near():
    """A point is written as a map takes it, in every language."""
    for lang in LANGUAGES:
        where = "\n".join(texts(seen(min_kush()), "where", lang))
        assert "41.69, 74.46" in where
        assert "F04" in where
    assert "F02" in "\n".join(texts(seen(tailings()), "where"))


def test_nothing_that_the_event_says_is_kept_back():
    """Each field of the event stands in one section, and once."""
    found = seen(tailings())
    labels = [row.label for section in sections(found, "en") for row in section.rows if row.label]
    assert {"causes", "state", "INES level", "measured", "within reach"} <= set(labels)
    assert labels.count("INES level") == 1


def test_one_body_is_told_its_own_rule_and_law_and_nothing_of_others():
    """Why us, in words that can be looked up."""
    found = seen(tailings("moh"), "moh")
    assert {body for reason in found.reasons for body in reason.bodies} == {"moh"}
    why = texts(found, "why", "ru")
    assert why[0] == "Разрушение хвостохранилища (tailings-failure)"
    assert "Конвенция об оперативном оповещении о ядерной аварии" in why[1]
    assert "Министерство чрезвычайных ситуаций" not in why[1], "another body's mandate"


def test_a_rule_of_a_book_that_is_not_at_hand_is_named_and_the_book_too():
    """Nobody guesses a title."""
    told = tailings("moh")
    (name,) = told.read.standings.situations()
    found = overview(told.read, name, NOW, body="moh")
    assert texts(found, "why")[0] == "tailings-failure"
    assert found.alert.rulebook in texts(found, "why")[-1]


def test_who_has_answered_is_counted_and_a_withdrawn_question_is_no_answer():
    """After an all-clear not everybody has answered."""
    assert "answered: 0/7" in texts(seen(min_kush()), "answer")
    assert "answered: 2/7" in texts(seen(min_kush(until="all-clear")), "answer")


def test_of_a_situation_that_nobody_was_told_of_there_is_none():
    """The caller says what was met instead."""
    assert overview(Told().read, "KG-2026-none", NOW) is None


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "night", [min_kush, tailings, theft, lambda: min_kush(until="all-clear", status="Exercise")], ids=range(4)
)
def test_a_machine_is_given_what_a_person_is_shown(night, lang):
    """And the codes behind it."""
    found = seen(night())
    given = json.loads(json.dumps(overview_json(found, lang)))
    shown = [(row.label, row.text) for section in sections(found, lang) for row in section.rows]
    assert [(row["label"], row["text"]) for part in given["sections"] for row in part["rows"]] == shown
    assert given["headline"] == found.alert.headline(lang)
    assert len(given["updates"]) == len(found.versions)
    assert given["standing"]["parties"]


@pytest.mark.parametrize("kind", ["chemical-release", "human-disease", "portal-alarm", "animal-disease"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_other_kinds_are_laid_out_without_a_code_of_the_bus(kind, lang):
    """Whatever happens, it has sections."""
    told = Told()
    told.tell(example(kind), 5)
    assert [section.code for section in sections(seen(told), lang)][:3] == ["answer", "to-do", "call"]
    text = "\n".join(row.text for section in sections(seen(told), lang) for row in section.rows)
    assert "None" not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_duties_to_others_stand_with_their_clock_and_their_id(lang):
    """An open one that is late catches the eye; nothing of them where they may not be read."""
    state = state_of(first())
    found = overview(tailings().read, "EXAMPLE-2026-mailuusuu-no3", RAISED_AT, duties=[state])
    duties = rows(found, "duties", lang)
    assert duties[0].text.startswith(getattr(state.duty.title, lang))
    assert state.id in [row.text for row in duties]
    assert rows(seen(tailings()), "duties") == []

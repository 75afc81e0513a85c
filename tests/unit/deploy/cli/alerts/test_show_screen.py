"""One situation on a terminal: real examples, three languages, 80 and 50 columns."""

import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.builders.golden import event
from tests.builders.situation import NOW, min_kush, tailings, theft

from cbrn_consumers.situation import overview
from cbrn_deploy.cli.alerts.show_screen import print_overview
from cbrn_deploy.cli.alerts.tail import severity_style
from cbrn_routing.rulebook import national_rulebook
from cbrn_schemas.catalogue.words import word

LANGUAGES = ["ky", "ru", "en"]
LONG = "KG-2026-" + "a-very-long-name-of-a-situation-" * 3
NIGHTS = {
    "min-kush": min_kush,
    "tailings": lambda *bodies: tailings(*bodies, situation=LONG),
    "exercise": lambda *bodies: min_kush(*bodies, status="Exercise"),
    "all-clear": lambda *bodies: min_kush(*bodies, until="all-clear"),
    "restricted": theft,
}
LEADS = {"tailings": "mes", "restricted": "scns"}
MARKS = {
    "min-kush": [("mark", "Update")],
    "tailings": [],
    "exercise": [("mark", "Exercise"), ("mark", "Update")],
    "all-clear": [("mark", "Cancel")],
    "restricted": [("ui", "restricted")],
}


def printed(night, lang, width, *, own):
    body = LEADS.get(night, "mes") if own else None
    told = NIGHTS[night](*([body] if own else []))
    console = Console(width=width, markup=False, highlight=False, emoji=False, record=True)
    (name,) = told.read.standings.situations()
    print_overview(overview(told.read, name, NOW, body=body, book=national_rulebook(), duties=[]), lang, console)
    return name, console.export_text(styles=False)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [50, 80])
@pytest.mark.parametrize("own", [True, False], ids=["own", "all"])
@pytest.mark.parametrize("night", NIGHTS)
def test_it_fits_the_name_stays_in_one_piece_and_the_marks_come_first(night, own, width, lang):
    """What is to be copied can be copied; an exercise and an all-clear are seen before anything is read."""
    name, text = printed(night, lang, width, own=own)
    lines = text.splitlines()
    assert name in lines
    assert [line for line in lines if len(line) > width and name not in line] == []
    assert all(word(*mark, lang) in lines[0] for mark in MARKS[night])
    for mark in ("Exercise", "Update", "Cancel"):
        assert (word("mark", mark, lang) in lines[0]) == (("mark", mark) in MARKS[night])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("night", NIGHTS)
def test_it_says_everything_in_words(night, lang):
    """No code of the catalogue or of the bus's own lists is left for the officer to look up."""
    _, text = printed(night, lang, 80, own=False)
    assert not re.search(r"\b417\d{2,6}\b|KG-[A-Z]\b|mandate-|en-route|not-told|None", text)
    for code in ("call", "what", "where", "told"):
        assert word("section", code, lang) in text


def test_the_command_that_answers_stands_below_while_an_answer_is_asked_for():
    """To be copied, in one piece."""
    _, text = printed("tailings", "ky", 50, own=True)
    assert f"cbrn ack {LONG} --as mes" in text
    assert "cbrn ack" not in printed("all-clear", "ky", 80, own=True)[1]


def test_an_all_clear_of_an_extreme_event_is_no_alarm():
    """Red is for what is dangerous now."""
    assert severity_style(event("tailings-failure", severity="Extreme")) == "bold white on red"
    assert severity_style(event("tailings-failure", severity="Extreme", message_type="Cancel")) == "green"


def test_lines_of_an_instruction_are_folded_by_the_terminal_and_nothing_in_it_is_obeyed():
    """Whoever writes a report cannot speak to the officer's terminal."""
    text = {"headline": "Dam \u202e breached", "instruction": "Leave the bank.\nGo up.\n\tDo not return."}
    told = tailings(texts={"en": text}, contact="112 \u2066")
    console = Console(width=80, markup=False, highlight=False, record=True)
    (name,) = told.read.standings.situations()
    print_overview(overview(told.read, name, NOW), "en", console)
    shown = console.export_text(styles=False)
    assert "Leave the bank. Go up. Do not return." in shown
    assert "\u202e" not in shown
    assert "\u2066" not in shown
    assert "112 \\u2066" in shown


def test_by_which_key_a_report_was_signed_stands_with_whom_to_call():
    """An officer who doubts a report sees whose key it carries; of an unsigned one nothing is said."""
    told, kid = tailings("mes"), "k" * 43
    (name,) = told.read.standings.situations()

    def shown():
        console = Console(width=100, markup=False, highlight=False, emoji=False, record=True)
        print_overview(overview(told.read, name, NOW, body="mes", book=national_rulebook(), duties=[]), "en", console)
        return console.export_text(styles=False)

    assert word("ui", "signed-with", "en") not in shown()
    told.read.latest = replace(told.read.latest, signed_by=kid)
    assert kid in shown()

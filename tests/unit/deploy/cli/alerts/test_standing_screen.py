"""Standing and board on a terminal: in three languages, within its width, with nothing split that is to be copied."""

from __future__ import annotations

import inspect
import re

import pytest
from rich.console import Console
from tests.builders.standing import SITUATION, after, answer, standings, told
from typer.testing import CliRunner

from cbrn_consumers.standing import figures
from cbrn_deploy.cli.alerts import standing_screen
from cbrn_deploy.cli.alerts.inbox import inbox
from cbrn_deploy.cli.alerts.standing import _cell, _month, board
from cbrn_deploy.cli.alerts.standing_screen import StandingScreen
from cbrn_deploy.cli.main import app
from cbrn_deploy.cli.parameters import ROWS
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word

LONG = "KG-2026-" + "a-very-long-name-of-a-situation-" * 3
BODIES = ("mes", "mes-tailings", "moh", "mnrets-dsr", "woah")
LANGUAGES = ["en", "ru", "ky"]


def night():
    """A night with all that a screen must show."""
    shared = {"situation": LONG, "status": "Exercise"}
    given = [told(0, body=body, **shared) for body in BODIES]
    given += [answer(3, "accepted", body="mes", situation=LONG), answer(4, "declined", body="moh", situation=LONG)]
    given += [answer(5, body="mia", situation=LONG), answer(6, body="mnrets-dsr", situation=LONG, at=after(300))]
    change = {"event": "e-2", "message_type": "Update", "place": "41711000", "restricted": True, **shared}
    return standings(*given, *(told(10, body=body, **change) for body in BODIES[:3]))


def printed(show, lang, width, monkeypatch):
    console = Console(width=width, markup=False, highlight=False, record=True, color_system="truecolor")
    monkeypatch.setattr(standing_screen, "console", lambda: console)
    show(StandingScreen(lang, after(25)))
    return console.export_text(styles=False)


def shows(name):
    found = night()
    return {
        "standing": lambda screen: screen.show(found.of(LONG), ["left out"]),
        "board": lambda screen: screen.show_board(found.all(), []),
        "month": lambda screen: screen.show_figures(
            figures(found.all(), since=after(0), until=after(9), now=after(25))
        ),
    }[name]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 132])
@pytest.mark.parametrize("name", ["standing", "board"])
def test_it_fits_and_the_name_stays_in_one_piece(name, width, lang, monkeypatch):
    """A name that is broken in two can't be copied into the next command."""
    lines = printed(shows(name), lang, width, monkeypatch).splitlines()
    assert LONG in lines
    assert [line for line in lines if len(line) > width and line != LONG] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_name_of_a_body_is_split_within_a_word_and_who_has_said_nothing_takes_one_line(lang, monkeypatch):
    """Twenty bodies fit a screen of 80 columns: the zone stands in the head, once."""
    monkeypatch.setenv("TZ", "UTC")
    everybody = [told(0, body=body, role="support") for body in ("mec", "mes-hydromet", "mod", "mes")]
    found = standings(*everybody).of(SITUATION)
    text = printed(lambda screen: screen.show_parties(found), lang, 80, monkeypatch)
    head, *lines = text.splitlines()
    assert "UTC" in head
    assert "UTC" not in "".join(lines)
    for body in ("mec", "mes-hydromet", "mod"):
        assert all(part in text for part in body_name(body, lang).split()), body
    (own,) = [line for line in lines if line.startswith(body_name("mes", lang))]
    assert "27.11 03:20" in own, "by when, in the same line"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_standing_says_all_that_matters_in_words(lang, monkeypatch):
    """Exercise, update and secrecy are marked; who is missing, what changed, and what does not count."""
    text = printed(shows("standing"), lang, 132, monkeypatch)
    said = ["restricted", "answer-anew", "not-counted", "due"]
    assert [one for one in said if word("ui", one, lang) not in text] == []
    assert all(word("mark", mark, lang) in text for mark in ("Exercise", "Update"))
    assert word("standing", "missing", lang) in text
    assert word("stray", "not-told", lang) in text
    assert word("doubt", "clock-ahead", lang) in text
    assert " → " in text
    codes = re.sub(rf"{re.escape(LONG)}|e-1", "", text)
    assert not re.search(r"417\d{5}|en-route|other-event|KG-[A-Z]\b", codes)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_month_fits_eighty_columns(lang, monkeypatch):
    """No head of a column is broken inside a word."""
    text = printed(shows("month"), lang, 80, monkeypatch)
    assert max(map(len, text.splitlines())) <= 80
    for head in standing_screen.FIGURES:
        assert all(part in text.split() for part in word("ui", head, lang).split())


def test_an_empty_board_says_so(monkeypatch):
    """An empty screen could be a fault."""
    assert "no situation waits" in printed(lambda screen: screen.show_board([], []), "en", 80, monkeypatch)


@pytest.mark.parametrize("month", ["2026-13", "2026", "11-2026", "2026-11-01", "november"])
def test_a_month_that_is_none_is_refused_before_a_broker_is_asked(month):
    """With an example of one."""
    answer = CliRunner().invoke(app, ["board", "--month", month, "--bootstrap-servers", "127.0.0.1:9"])
    assert answer.exit_code == 2
    assert "Write it as 2026-11" in answer.stderr


def test_a_month_is_the_countrys():
    """It begins six hours before UTC's."""
    begin, end = _month("2026-12")
    assert (begin.isoformat(), end.isoformat()) == ("2026-12-01T00:00:00+06:00", "2027-01-01T00:00:00+06:00")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ack", "KG-1", "--as", "moh", "--by", "moh"], "by: "),
        (["ack", "KG 1", "--as", "moh", "--by", "Duty officer"], "situation: "),
        (["ack", "KG-1", "--as", "mohh", "--by", "Duty officer"], "no body is called"),
        (["ack", "KG-1", "--by", "Duty officer"], "for which body"),
        (["decline", "KG-1", "--as", "moh", "--by", "Duty officer"], "reason: "),
        (["decline", "KG-1", "--as", "moh", "--by", "Duty officer", "--reason", "no"], "reason: "),
        (["handover", "KG-1", "--as", "moh", "--by", "Duty officer"], "to: "),
        (["note", "KG-1", "--as", "moh", "--by", "Duty officer"], "text: "),
        (["standing", "KG-1", "--csv", "--json"], "exclude each other"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said_before_a_broker_is_asked(arguments, said, monkeypatch):
    """What, where, and what to do; at once."""
    monkeypatch.delenv("CBRN_BODY", raising=False)
    answer = CliRunner().invoke(app, [*arguments, "--bootstrap-servers", "127.0.0.1:9"])
    assert answer.exit_code == 2
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 2, "a sentence and its remedy"


@pytest.mark.parametrize(("text", "cell"), [("=1+1", "'=1+1"), ("@a", "'@a"), ("two\nlines", "two\\nlines"), (3, 3)])
def test_a_table_never_obeys_what_somebody_wrote_into_a_name(text, cell):
    """A spreadsheet takes what begins with = for a formula."""
    assert _cell(text) == cell


def test_a_board_says_how_many_it_does_not_show():
    """25,000 open situations took minutes to print, and were read by nobody."""
    console = Console(width=80, record=True)
    StandingScreen("en", after(25), console).show_board([], [], more=24_800)
    assert "and 24800 more" in console.export_text()


@pytest.mark.parametrize("command", [board, inbox])
def test_a_list_is_bounded_unless_more_is_asked_for(command):
    assert inspect.signature(command).parameters["limit"].default == ROWS

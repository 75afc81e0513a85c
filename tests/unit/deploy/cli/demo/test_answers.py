"""The parts of a case of answers: the officers' files, and what is shown of an alert that nobody answers."""

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from rich.console import Console
from tests.builders.notify import unanswered

from cbrn_consumers.rota import duty_at, read_roster
from cbrn_consumers.rota.log import ShiftLog
from cbrn_deploy.cli.demo.answer_cards import Alarm, Rung, passed_on_card
from cbrn_deploy.cli.demo.check import Findings
from cbrn_deploy.cli.demo.duty_files import numbers_of, write_duty
from cbrn_deploy.cli.demo.screen import Screen
from cbrn_deploy.cli.demo.texts import Speech
from cbrn_producers.simulator import scenario
from cbrn_schemas.topics import Realm

NOW = datetime(2026, 11, 1, 18, 0, tzinfo=UTC)
DUTY = scenario("late-answer-2007").duty


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_officers_of_the_case_are_those_that_notify_finds(tmp_path, lang):
    """A list that it cannot read would end the demo; a hole in the rota would ring every telephone."""
    folder = tmp_path / "rota"
    write_duty(folder, DUTY, Speech(lang), NOW)
    roster = read_roster(folder, DUTY.body)
    assert not roster.findings
    assert [each.language for each in roster.officers.officers] == [lang] * len(DUTY.officers)
    for seat, number in numbers_of(DUTY).items():
        for hours in (0, 10):
            duty = duty_at(roster.rota, ShiftLog(DUTY.body, Realm.REAL), seat, NOW + timedelta(hours=hours))
            (channel,) = roster.officers.officer(duty.post).channels
            assert channel.address == number
    assert not (folder / f"{DUTY.body}.yaml").stat().st_mode & 0o077


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
@pytest.mark.parametrize(("terminal", "width"), [(False, 100), (True, 80), (True, 46)])
def test_who_is_silent_who_is_asked_and_who_hears_of_it_is_shown(lang, terminal, width):
    """In every width: what the watch has done is worth nothing to who cannot read it."""
    speech = Speech(lang)
    party = SimpleNamespace(body="moh", situation="KG-1", state=lambda _: "missing")
    alarms = {
        body: Alarm("a", role, unanswered("second-officer").event)
        for body, role in {"moh": "lead", "mnrets": "inform", "mes": "inform"}.items()
    }
    card = passed_on_card(party, alarms, SimpleNamespace(level=1), NOW, speech)
    card.rows.append(Rung("Asanov", "A 4821").row(speech))
    paper = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None, markup=False)
    Screen(speech, paper).card(card)
    shown = " ".join(paper.file.getvalue().replace("│", " ").split())
    for fact in (
        speech.body("moh"),
        speech.label("standing", "missing"),
        speech.label("step", "second-officer").split()[0],
        speech.bodies(["mnrets", "mes"]),
        "«A 4821»",
        "KG-1",
    ):
        assert fact in shown


def test_what_was_waited_for_in_vain_fails_the_demo():
    """An SMS that nobody got lies in no topic that the check counts."""
    assert Findings(0).clean
    assert not Findings(0, not_happened=("nobody: SMS to second",)).clean

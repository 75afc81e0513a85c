"""The inbox on a terminal: one row a situation, first what is to be answered; 80 and 50 columns, three languages."""

from datetime import timedelta

import pytest
from rich.console import Console
from tests.builders.golden import event, example
from tests.builders.inbox import alert
from tests.builders.situation import NOW, Told, inbox_of, min_kush, tailings, theft

from cbrn_consumers.inbox import FOLDED, Change, Notice, NoticeItem, delivery_of, in_order, line_of
from cbrn_consumers.inbox.as_json import view_json
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.topics import Lane
from cbrn_schemas.unanswered import Unanswered

LANGUAGES = ["ky", "ru", "en"]
LONG = "KG-2026-" + "a-very-long-name-of-a-situation-" * 3


def night(body="mes"):
    """Late, answered and in exercise, over, and a station's reading."""
    answered, over = Told(), Told()
    answered.tell(example("chemical-release", situation=LONG, status="Exercise", severity="Extreme"), 30)
    answered.answer("mes", "accepted", 20)
    over.tell(example("chemical-spill"), 300)
    over.tell(example("chemical-spill", message_type="Cancel", references=["e-1"]), 100)
    box, own = inbox_of(body, over, answered, min_kush(), tailings(), theft())
    box.restore(delivery_of(alert(event("gamma-dose-rate"), at=NOW), Lane.MONITORING), NOW)
    return box, own


def printed(lang, width, body="mes", **options):
    box, own = night(body)
    console = Console(width=width, markup=False, highlight=False, emoji=False, record=True)
    InboxScreen(lang, own, console).show_view(box.view(NOW), hidden=False, **options)
    return console.export_text(styles=False)


def test_what_is_to_be_answered_stands_first_then_the_graver_and_what_is_over_last():
    """An answered extreme one asks for nothing; a moderate one that is late does."""
    box, own = night()
    names = [one.line.key.name for one in in_order(box.view(NOW).lines, own, NOW)]
    assert names == [
        "EXAMPLE-2026-mailuusuu-no3",
        "KG-2024-minkush-truck",
        LONG,
        "minkush-gamma-1",
        "KG-1998-barskoon-cyanide",
    ]
    assert own.counts(box.view(NOW).lines, NOW) == (2, 2, 4, 1)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("width", [50, 80, 160])
def test_it_fits_and_no_name_is_split(lang, width):
    """A name is copied into the next command."""
    lines = printed(lang, width).splitlines()
    assert [line for line in lines if len(line) > width and line != LONG] == []
    for name in ("EXAMPLE-2026-mailuusuu-no3", "KG-2024-minkush-truck", "minkush-gamma-1", LONG):
        assert any(name in line for line in lines)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_marks_countdown_state_and_counts_are_said(lang):
    """On top what is to be done; in each row what sets it apart, how long there is, or what was answered."""
    text = printed(lang, 80)
    first = text.splitlines()[1]
    assert f"{word('ui', 'to-answer', lang)}: 2 ({word('ui', 'overdue', lang)}: 2)" in first
    for mark in ("Exercise", "Update", "Cancel"):
        assert word("mark", mark, lang) in text
    late = word("ui", "late-by", lang).format(f"3 {word('ui', 'minutes', lang)}")
    assert late in text
    assert " ".join(word("standing", "accepted", lang).split()[:2]) in " ".join(text.split())
    assert word("ui", "restricted", lang) in printed(lang, 80, body="scns")


def test_a_limit_says_how_many_are_not_shown():
    """What is left out is told of."""
    text = printed("en", 80, limit=2)
    assert "KG-2024-minkush-truck" in text
    assert "minkush-gamma-1" not in text
    assert "and 3 more" in text


def test_a_machine_gets_what_is_asked_beside_what_it_got_before():
    """Fields are added, none is taken away."""
    box, own = night()
    given = view_json(box.view(NOW), {}, own, realm="cbrn", hidden=False)
    groups = {group["group"]: group for group in given["groups"]}
    assert given["counts"] == {"to_answer": 2, "late": 2, "open": 4, "ended": 1}
    asked = groups["EXAMPLE-2026-mailuusuu-no3"]["asked"]
    assert (asked["late"], asked["state"]) == (True, "missing")
    assert groups[LONG]["asked"] == {"due": None, "late": False, "state": "accepted", "in_hand_of": "Дежурный Асанов"}
    assert (groups[LONG]["status"], groups[LONG]["message_type"]) == ("Exercise", "Alert")
    assert groups[LONG]["acknowledge_by"], "what the alert said stays"


def test_where_receipts_cannot_be_read_each_deadline_is_open():
    """Better asked twice than missed."""
    box, own = night()
    own.readable = False
    assert own.counts(box.view(NOW).lines, NOW).to_answer == 3


@pytest.mark.parametrize(("changes", "rings"), [(FOLDED, False), ({Change.NEW}, True), ({Change.CANCELLATION}, True)])
def test_a_bell_rings_for_news_and_not_for_repetitions(changes, rings):
    """Who is rung at for each reading turns the bell off."""
    box, _ = night()
    line = line_of(next(box.groups()))
    assert Notice(NOW, NOW, (NoticeItem(line, tuple(changes), ()),)).news is rings


def alarm_for(body, minute, **changed):
    """An alarm of the watch: `body` has not answered, and the crisis centre is asked now."""
    at = NOW - timedelta(minutes=minute)
    said = {
        "situation": LONG, "body": body, "lacking": "not-acknowledged", "event": {"source": "/mes", "id": "e-1"},
        "due": at, "at": at, "level": 1, "step": "crisis-centre", "asked": "mes",
        "again": NOW + timedelta(minutes=30 - minute), "severity": "Extreme",
    }  # fmt: skip
    return delivery_of(alert(Unanswered.model_validate(said | changed), at=at, role="lead"), Lane.INCIDENTS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_situation_is_one_row_and_named_once_however_many_bodies_have_not_answered(lang):
    """One answer answers all of it; the shortest time counts; and a word of the watch does not hide what happened."""
    box, own = night()
    before = own.counts(box.view(NOW).lines, NOW)
    for minute, body in enumerate(("moh", "moa", "scns", "mod"), start=1):
        box.restore(alarm_for(body, minute), NOW)
    lines = box.view(NOW).lines
    (matter,) = [one for one in own.matters(lines, NOW) if one.line.key.situation == LONG]
    assert matter.line.kind == "chemical-release"
    assert [line.key.in_place_of for line in matter.beside] == ["mod", "scns", "moa", "moh"]
    assert (matter.asked.due, matter.ended) == (NOW + timedelta(minutes=26), False)
    assert own.counts(lines, NOW) == before._replace(to_answer=before.to_answer + 1)
    console = Console(width=80, markup=False, highlight=False, emoji=False, record=True)
    InboxScreen(lang, own, console).show_view(box.view(NOW), hidden=False)
    text = console.export_text(styles=False)
    assert text.count(LONG) == 1
    assert body_name("mod", lang).split()[0] in text
    assert word("ui", "more", lang).format(1) in text


def test_what_was_asked_before_a_situation_was_over_is_over_with_it_and_what_came_later_is_not():
    box, own = night()
    box.restore(alarm_for("moh", 150, situation="KG-1998-barskoon-cyanide"), NOW)
    (matter,) = [one for one in own.matters(box.view(NOW).lines, NOW) if one.beside]
    assert (matter.ended, matter.asked.due) == (True, None)
    box.restore(alarm_for("moa", 50, situation="KG-1998-barskoon-cyanide"), NOW)
    (matter,) = [one for one in own.matters(box.view(NOW).lines, NOW) if one.beside]
    assert (matter.ended, matter.asked.due) == (False, NOW - timedelta(minutes=20))

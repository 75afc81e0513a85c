"""The inbox on a terminal: one row a situation, first what is to be answered; 80 and 50 columns, three languages."""

import pytest
from rich.console import Console
from tests.builders.golden import event, example
from tests.builders.inbox import alert
from tests.builders.situation import NOW, Told, inbox_of, min_kush, tailings, theft

from cbrn_consumers.inbox import FOLDED, Change, Notice, NoticeItem, delivery_of, line_of
from cbrn_consumers.inbox.as_json import view_json
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen, in_order
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.topics import Lane

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
    names = [line.key.name for line in in_order(box.view(NOW).lines, own, NOW)]
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

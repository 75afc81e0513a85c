"""Call-back number, zone, patients: in the tail and in the inbox, on wide terminals and narrow ones."""

import pytest
from rich.console import Console
from tests.builders.golden import EXAMPLES
from tests.builders.inbox import START, alert

from cbrn_consumers.inbox import Inbox, OwnAnswers, Silences, delivery_of
from cbrn_deploy.cli.alerts import tail
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
from cbrn_schemas.events import lane_of, parse_event

NUMBER = "+996 3748 0-00-00"


def message():
    data = (EXAMPLES / "foodborne-illness.json").read_bytes()
    return alert(parse_event(data), data=data)


@pytest.fixture(params=[160, 80], ids=["wide", "narrow"])
def console(request):
    return Console(width=request.param, markup=False, highlight=False, emoji=False, record=True)


def written(console):
    return " ".join(console.export_text().split())


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_tail_shows_it_below_the_record(console, lang, monkeypatch):
    """Whoever follows the topic sees what the inbox shows."""
    monkeypatch.setattr(tail, "console", lambda: console)
    tail.AlertPrinter(lang)(message())
    assert NUMBER in written(console)


def test_the_inbox_shows_what_an_officer_acts_on_and_all_of_it_when_a_line_is_expanded(console):
    """In the list there is room for the first things only."""
    one = message()
    delivery = delivery_of(one, lane_of(one.event.kind))
    box = Inbox(Silences("moh"))
    list(box.take(delivery, START))
    screen = InboxScreen("en", OwnAnswers("moh"), console)
    screen.show_view(box.view(START), hidden=False)
    listed = written(console)
    assert "0-00-00" in listed
    assert "pilaf" not in listed
    screen.show_messages([delivery])
    assert "pilaf" in written(console)

"""Call-back number, zone, patients: in the tail and in the inbox, on wide terminals and narrow ones."""

import json
from datetime import UTC, datetime

import pytest
from rich.console import Console
from tests.builders.golden import EXAMPLES

from cbrn_consumers.alert import Alert, Origin
from cbrn_consumers.inbox import Inbox, Silences, delivery_of
from cbrn_deploy.cli.alerts import inbox_screen, tail
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
from cbrn_schemas.events import lane_of, parse_event

NOW = datetime(2026, 5, 1, 6, tzinfo=UTC)
NUMBER = "+996 3748 0-00-00"


def alert(kind="foodborne-illness", **fields):
    data = json.dumps(json.loads((EXAMPLES / f"{kind}.json").read_text()) | fields).encode()
    return Alert(
        id="e-1",
        source="/mes",
        type="kg.x",
        event=parse_event(data),
        data=data,
        role="inform",
        rules=("r",),
        acknowledge_by=None,
        level=0,
        warnings=(),
        restricted=False,
        rulebook="",
        place="41704220",
        origin=Origin("cbrn.to.moh.alerts", 0, 1, NOW),
    )


@pytest.fixture(params=[160, 80], ids=["wide", "narrow"])
def console(request):
    return Console(width=request.param, markup=False, highlight=False, emoji=False, record=True)


def written(console):
    return " ".join(console.export_text().split())


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_tail_shows_it_below_the_row(console, lang, monkeypatch):
    """Whoever follows the topic sees what the inbox shows."""
    monkeypatch.setattr(tail, "console", lambda: console)
    tail._TablePrinter(lang)(alert())
    assert NUMBER in written(console)


def test_the_inbox_shows_what_an_officer_acts_on_and_all_of_it_when_a_line_is_expanded(console, monkeypatch):
    """In the list there is room for the first things only."""
    monkeypatch.setattr(inbox_screen, "console", lambda: console)
    one = alert()
    delivery = delivery_of(one, lane_of(one.event.kind))
    box = Inbox(Silences("moh"))
    list(box.take(delivery, NOW))
    screen = InboxScreen("en")
    screen.show_view(box.view(NOW), hidden=False)
    listed = written(console)
    assert "0-00-00" in listed
    assert "pilaf" not in listed
    screen.show_messages([delivery])
    assert "pilaf" in written(console)


def subject(**fields):
    one = alert(**fields)
    return delivery_of(one, lane_of(one.event.kind)).subject


def test_a_silence_of_one_place_or_hazard_hides_nothing_that_is_in_another_too():
    """«Silence for Naryn» was not said of Osh, nor «chemical» of what may be a germ."""
    assert subject(kind="tailings-failure").district == "41704220"
    several = subject(kind="tailings-failure", where={"district": "41704220", "further_districts": ["41706255"]})
    assert (several.district, several.region) == (None, None)
    assert subject(kind="tailings-failure").hazard == "radiological"
    assert subject(kind="tailings-failure", further_hazards=["chemical"]).hazard == ""
    assert subject(kind="suspicious-substance").hazard == "biological"
    assert subject(kind="suspicious-substance", identified=False).hazard == ""

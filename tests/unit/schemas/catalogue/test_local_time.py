"""Every time that a person reads says in which zone it is."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.builders.golden import ROOT

from cbrn_schemas.catalogue.written import local_time

MOMENT = datetime(2026, 5, 1, 6, tzinfo=UTC)
CLOCK_ONLY = {
    "deploy/cbrn_deploy/cli/demo/cards.py",
    "consumers/cbrn_consumers/desk/picture/scale.py",
    "consumers/cbrn_consumers/desk/web/rooms/picture/month.py",
}
"""The demo's cards show by the second what happens before the watcher's eyes; an axis writes the zone once, below its
ticks; a month begins by the clock, and is written without an hour."""


@pytest.fixture
def zone(monkeypatch):
    def at(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield at
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Asia/Bishkek", "01.05.2026 12:00 +06"),
        ("UTC", "01.05.2026 06:00 UTC"),
        ("Asia/Kolkata", "01.05.2026 11:30 +05:30"),
        ("America/New_York", "01.05.2026 02:00 -04"),
    ],
)
def test_a_time_bears_its_zone(zone, name, written):
    """A deadline of 14:00 is read six hours too late on a server that keeps UTC."""
    zone(name)
    assert local_time(MOMENT) == written
    assert local_time(MOMENT + timedelta(days=1), "%d.%m %H:%M").startswith("02.05 ")


def test_no_screen_writes_a_time_by_itself():
    """The next screen would forget the zone again."""
    sources = [
        path
        for room in ("schemas", "routing", "producers", "consumers", "deploy")
        for path in (ROOT / room).rglob("*.py")
    ]
    own = {str(path.relative_to(ROOT)) for path in sources if re.search(r"\.astimezone\(\)", path.read_text("utf-8"))}
    assert own == CLOCK_ONLY | {"schemas/cbrn_schemas/catalogue/written.py"}

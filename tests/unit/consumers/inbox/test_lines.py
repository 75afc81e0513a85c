"""From a delivered record to what an officer reads: every kind, every language, every width."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console
from tests.builders.golden import event as golden_event
from tests.builders.inbox import alert

from cbrn_consumers.alert import Origin
from cbrn_consumers.inbox import (
    GroupType,
    Inbox,
    OwnAnswers,
    Protection,
    Silences,
    delivery_of,
    delivery_of_unreadable,
    in_order,
)
from cbrn_consumers.inbox.as_json import notice_json, view_json
from cbrn_consumers.tail import Unreadable
from cbrn_deploy.cli.alerts.inbox import span
from cbrn_deploy.cli.alerts.inbox_screen import InboxScreen
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.events import EVENT_TYPES, key_of, lane_of
from cbrn_schemas.records import Alarm
from cbrn_schemas.silence import declare, scope_of
from cbrn_schemas.topics import Lane

NOW = datetime(2026, 5, 1, 6, tzinfo=UTC)


def filled(*deliveries, silences=None):
    box = Inbox(silences or Silences("moh"))
    notices = [notice for each in deliveries for notice in box.take(each, NOW)]
    return box, notices


@pytest.fixture(params=["wide", "narrow"])
def screen(request):
    """Makes a screen in a language, and gives what it has written."""

    def make(lang):
        width = 160 if request.param == "wide" else 80
        console = Console(width=width, markup=False, highlight=False, emoji=False, record=True, quiet=False, file=None)
        return InboxScreen(lang, OwnAnswers("moh"), console), lambda: console.export_text(clear=False)

    return make


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_kind_is_folded_by_its_situation_or_station(kind):
    """A kind that the inbox did not know would be one that nobody is shown."""
    event = golden_event(kind)
    delivery = delivery_of(alert(event), lane_of(kind))
    sort = GroupType.SITUATION if lane_of(kind) is Lane.INCIDENTS else GroupType.STATION
    assert delivery.key == (lane_of(kind), sort, key_of(event))
    assert (delivery.subject.situation, delivery.subject.station).count(None) == 1
    box, (notice,) = filled(delivery)
    (line,) = box.view(NOW).lines
    assert notice.told[0].line == line
    assert json.dumps(notice_json(notice, OwnAnswers("moh")))


MEASURING = ("gamma-dose-rate", "gas-concentration", "water-quality", "tailings-level", "portal-count", "disease-count")


@pytest.mark.parametrize("kind", MEASURING)
def test_what_a_station_measures_has_a_name_a_value_and_a_unit(kind):
    """The latest value is what the officer looks for first."""
    readings = delivery_of(alert(golden_event(kind)), Lane.MONITORING).readings
    assert readings
    assert len({reading.name for reading in readings}) == len(readings)


def test_readings_in_different_units_of_one_quantity_are_compared_and_quantities_never():
    """1 mSv/h is more than 900 uSv/h; what it is in Gy/h, no machine may say."""
    box, _ = filled(
        *(
            delivery_of(alert(golden_event("gamma-dose-rate", station="s", reading=reading)), Lane.MONITORING)
            for reading in (
                {"value": 900, "unit": "uSv/h"},
                {"value": 1, "unit": "mSv/h"},
                {"value": 800, "unit": "uSv/h"},
                {"quantity": "absorbed-dose-rate", "value": 5, "unit": "Gy/h"},
            )
        )
    )
    (line,) = box.view(NOW).lines
    sieverts, grays = line.readings
    assert (sieverts.highest.reading.value, sieverts.highest.reading.unit) == (1, "mSv/h")
    assert sieverts.latest.reading.value == 800
    assert grays.highest.reading.unit == "Gy/h"


def test_a_freeboard_is_the_worse_the_lower_it_is():
    """At the danger mark each further centimetre is told at once."""
    box, told = Inbox(Silences("moh")), []
    for freeboard in (0.5, 0.6, 0.4):
        event = golden_event(
            "tailings-level",
            station="s",
            threshold="danger",
            pond_level=None,
            freeboard={"quantity": "level", "value": freeboard, "unit": "m"},
        )
        told.append(len(box.take(delivery_of(alert(event), Lane.MONITORING), NOW)))
    assert told == [1, 0, 1]


def test_what_this_version_cannot_read_is_a_line_too():
    """Of a newer router, say: the officer must know that something is there."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="no JSON", hint="Update.")
    unreadable = Unreadable(Origin("cbrn.to.moh.alerts", 0, 7, NOW), error, b"{")
    delivery = delivery_of_unreadable(unreadable, Lane.INCIDENTS)
    assert (delivery.key.sort, delivery.protection) == (GroupType.UNREADABLE, {Protection.BUS})
    _, notices = filled(delivery)
    assert len(notices) == 1


def stacked():
    """An inbox with everything in it: open, ended, grave, hidden, an alarm, something that had no room."""
    alarm = Alarm.model_validate_json(
        '{"kind":"quarantined","quarantine_id":"t/0/1","body":"mes","at":"2026-05-01T06:00:00Z",'
        '"reason":"not-json","where":"value","message":"m\\u001b[2J","hint":"h"}'
    )
    silence = declare(
        id="moh.1",
        body="moh",
        author="Асанов, дежурный",
        reason="датчик в ремонте",
        scope=scope_of({"station": "quiet"}),
        severity_max="Minor",
        starts=NOW - timedelta(seconds=1),
        expires=NOW + timedelta(hours=1),
        created=NOW - timedelta(seconds=1),
    )
    silences = Silences("moh")
    silences.note(silence, silence.created)
    silences.warnings.append("cbrn.from.moh.silences/0/1 ignored")
    spill = {"severity": "Moderate", "exposed": [], "dead": None, "injured": None, "deliberate": None}
    box = Inbox(silences, groups_max=5)
    notices = []
    for each, lane in (
        (alert(golden_event("chemical-spill", situation="gone", message_type="Cancel", **spill)), Lane.INCIDENTS),
        (alert(golden_event("chemical-spill", situation="over", message_type="Cancel", **spill)), Lane.INCIDENTS),
        (alert(golden_event("chemical-spill", situation="open", **spill), acknowledge_by=NOW), Lane.INCIDENTS),
        (
            alert(golden_event("tailings-failure", situation="grave", severity="Extreme"), restricted=True),
            Lane.INCIDENTS,
        ),
        (alert(alarm, role="lead"), Lane.INCIDENTS),
        (alert(golden_event("gamma-dose-rate", station="quiet", severity="Minor")), Lane.MONITORING),
    ):
        notices += box.take(delivery_of(each, lane), NOW)
    return box, notices + box.tick(NOW + timedelta(hours=1))


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_list_says_in_each_language_what_where_how_bad_and_what_is_hidden(screen, lang):
    """On a wide screen and on a narrow one; and no byte from outside moves the cursor."""
    made, written = screen(lang)
    box, _ = stacked()
    made.show_view(box.view(NOW), hidden=True)
    text = " ".join(written().split())
    for part in ("over", "open", "grave", "quiet", "moh.1", "Асанов, дежурный", "датчик в ремонте", "silences/0/1"):
        assert part in text
    assert "\x1b" not in text
    place = {"ky": "Ат-Башы", "ru": "Ат-Башынский", "en": "At-Bashy"}[lang]
    assert place in text


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_a_notice_and_the_summary_of_a_silence_are_said_in_each_language(screen, lang):
    """What was hidden is told by name, with who hid it and why."""
    made, written = screen(lang)
    _, notices = stacked()
    for notice in notices:
        made.show_notice(notice)
    text = " ".join(written().split())
    assert "moh.1" in text
    assert "quiet" in text
    assert "grave" in text


def test_the_gravest_stand_first_and_what_is_over_last():
    """Whoever reads one line only must read the right one."""
    box, _ = stacked()
    names = [one.line.key.name for one in in_order(box.view(NOW).lines, OwnAnswers("moh"), NOW)]
    assert names == ["grave", "t/0/1", "open", "over"]


def test_the_machines_view_names_what_is_hidden_and_what_left():
    """Counts and ids, so that a program can say what a person is not shown."""
    box, _ = stacked()
    groups = {group.key: group for group in box.groups()}
    plain = view_json(box.view(NOW), groups, OwnAnswers("moh"), realm="cbrn", hidden=False)
    full = view_json(box.view(NOW), groups, OwnAnswers("moh"), realm="cbrn", hidden=True)
    assert {group["hidden_by"] for group in plain["groups"]} == {None}
    assert [group["group"] for group in full["groups"] if group["hidden_by"] == "moh.1"] == ["quiet"]
    assert plain["hidden"][0]["silence"]["scope"] == {"station": "quiet"}
    assert plain["left_out"] == {"groups": 1, "messages": 1}


@pytest.mark.parametrize(
    ("text", "length"),
    [("90s", timedelta(seconds=90)), ("5m", timedelta(minutes=5)), ("2h", timedelta(hours=2)), ("7d", timedelta(7))],
)
def test_lengths_of_time_are_read_as_people_write_them(text, length):
    assert span(text) == length

"""Who is told now: rather too many than nobody, and the seat that is asked."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from tests.builders.notify import alert, unanswered
from tests.builders.rota import channel_test, fact

from cbrn_consumers.notify import on_duty
from cbrn_consumers.notify.on_duty import OnDuty, seats_of
from cbrn_consumers.rota import RotaError
from cbrn_consumers.rota.log import ShiftLog
from cbrn_schemas.settings import Settings
from cbrn_schemas.shift import ChannelTestAsked

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
ROTA = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
{}END:VCALENDAR
"""
SHIFT = """BEGIN:VEVENT
UID:{post}@mes
DTSTAMP:20261101T000000Z
DTSTART:{begins:%Y%m%dT%H%M%SZ}
DTEND:{ends:%Y%m%dT%H%M%SZ}
SUMMARY:{summary}
END:VEVENT
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    async def read_log(settings, body):
        return ShiftLog(body, settings.realm)

    monkeypatch.setattr(on_duty, "read_log", read_log)
    write(tmp_path, "duty-1", "duty-2", "head")
    return tmp_path


def write(folder, *posts, body="mes", mode=0o600):
    officers = [{"post": post, "title": f"Officer {post}"} for post in posts]
    path = folder / "mes.yaml"
    path.write_text(json.dumps({"body": body, "officers": officers}))
    path.chmod(mode)


def plan(folder, *shifts):
    events = "".join(
        SHIFT.format(post=summary, begins=begins, ends=ends, summary=summary) for summary, begins, ends in shifts
    )
    (folder / "mes.ics").write_text(ROTA.format(events).replace("\n", "\r\n"))


def desk(folder):
    return OnDuty(Settings(rota_dir=folder), "mes", lambda: NOW)


def posts(officers):
    return [each.post for each in officers]


async def test_without_a_rota_everybody_is_told(folder):
    one = desk(folder)
    await one.refresh()
    assert posts(one.asked(alert())) == ["duty-1", "duty-2", "head"]


async def test_whoever_is_on_duty_is_told_and_in_a_hole_everybody(folder):
    hour = timedelta(hours=1)
    plan(folder, ("duty-1", NOW - hour, NOW + hour))
    one = desk(folder)
    await one.refresh()
    assert posts(one.asked(alert())) == ["duty-1"]
    plan(folder, ("duty-1", NOW - 3 * hour, NOW - hour))
    await one.refresh()
    assert posts(one.asked(alert())) == ["duty-1", "duty-2", "head"]


async def test_a_shift_that_begins_soon_has_its_officers_channels_tested_once(folder, monkeypatch):
    """A dead telephone is found an hour before the watch begins, not in the incident."""
    hour, said = timedelta(hours=1), ShiftLog("mes")
    mobile = {"name": "mobile", "kind": "sms", "to": "+996555123456"}
    listed = {"body": "mes", "officers": [{"post": "duty-2", "title": "Second watch", "channels": [mobile]}]}
    (folder / "mes.yaml").write_text(json.dumps(listed))
    plan(folder, ("duty-2", NOW + timedelta(minutes=50), NOW + 9 * hour))

    async def read_log(_settings, _body):
        return said

    monkeypatch.setattr(on_duty, "read_log", read_log)
    one = desk(folder)
    await one.refresh()
    (first,), (again,) = one.tests_wanted(), one.tests_wanted()
    assert (first.post, first.id) == ("duty-2", again.id), "one name, so it goes out once"
    channel = one.listed()[0].channels[0]
    said.note(channel_test(one.listed()[0], channel.name, NOW), NOW)
    assert not one.tests_wanted(), "it is known to work"
    plan(folder, ("duty-2", NOW + 2 * hour, NOW + 9 * hour))
    await one.refresh()
    assert not one.tests_wanted(), "not yet"


async def test_a_test_that_was_asked_for_long_ago_is_not_made_up_for(folder, monkeypatch):
    """Whoever asked has gone: nobody wants his telephone to ring for it after a restart."""
    said = ShiftLog("mes")
    for minutes, name in ((5, "new"), (20, "old")):
        at = NOW - timedelta(minutes=minutes)
        said.note(fact(ChannelTestAsked, id=f"mes.{name}", at=at), at)

    async def read_log(_settings, _body):
        return said

    monkeypatch.setattr(on_duty, "read_log", read_log)
    one = desk(folder)
    await one.refresh()
    assert [each.id for each in one.tests_wanted()] == ["mes.new"], "without a rota, too"


@pytest.mark.parametrize(
    ("told", "seats"),
    [
        (alert(), ("first",)),
        (alert(level=1), ("first", "second", "deputy")),
        (unanswered("second-officer"), ("second",)),
        (unanswered("deputy", 2), ("deputy",)),
        (unanswered("body", 3), ("first", "second", "deputy")),
        (unanswered("second-officer", role="inform"), ("first",)),
    ],
)
def test_an_alert_is_for_the_seat_that_is_asked(told, seats):
    """What nobody has answered goes to the next officer, not the same again; to hear of it is not to be asked."""
    assert seats_of(told) == seats


@pytest.mark.parametrize("spoil", [{"body": "moh"}, {"mode": 0o602}, None])
async def test_a_list_that_cannot_be_used_leaves_the_former_in_force(folder, spoil):
    one = desk(folder)
    await one.refresh()
    if spoil is None:
        (folder / "mes.yaml").unlink()
    else:
        write(folder, "intruder", **spoil)
    await one.refresh()
    assert posts(one.listed()) == ["duty-1", "duty-2", "head"]
    with pytest.raises(RotaError):
        await desk(folder).refresh()


@pytest.mark.parametrize("rota", [True, False])
async def test_a_list_that_others_may_read_is_used_and_complained_of(folder, rota):
    """One rule for the file, be there a rota or not: nobody is left untold for it."""
    if rota:
        plan(folder, ("duty-1", NOW, NOW + timedelta(hours=9)))
    (folder / "mes.yaml").chmod(0o644)
    with structlog.testing.capture_logs() as said:
        one = desk(folder)
        await one.refresh()
    assert posts(one.listed()) == ["duty-1", "duty-2", "head"]
    assert any("others on this machine may read" in each["said"] for each in said)


async def test_whatever_fails_at_a_later_look_officers_are_told_as_before(folder, monkeypatch):
    made = OnDuty(Settings(rota_dir=folder), "mes", lambda: NOW)
    await made.refresh()
    before = made.listed()

    def broken(*_):
        raise RuntimeError("+996555123456")

    monkeypatch.setattr(made, "_read", broken)
    await made.refresh()
    assert made.listed() == before != ()

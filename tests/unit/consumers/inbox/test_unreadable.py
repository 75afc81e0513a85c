"""What nobody could read may be anything: each is a matter by itself, and only a flood of them is one."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders.feed import record
from tests.builders.inbox import INTERVAL, START, after, alert, inbox, message, records

from cbrn_consumers.alert import Origin
from cbrn_consumers.inbox import (
    Change,
    GroupKey,
    GroupType,
    OwnAnswers,
    Protection,
    delivery_of,
    delivery_of_unreadable,
    line_of,
)
from cbrn_consumers.inbox.fold import ALONE_MAX
from cbrn_consumers.inbox.reader import InboxReader, Options
from cbrn_consumers.tail import Unreadable
from cbrn_deploy.cli.alerts.inbox import _expand
from cbrn_schemas.errors import InvalidEventError, Reason
from cbrn_schemas.records import Alarm, alarm_record
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane

CROWD = GroupKey(Lane.INCIDENTS, GroupType.QUARANTINE, "moh/not-json")


def alarm(number, *, at=START, partition=0, **changes):
    """The alarm about one unreadable incident of the health ministry."""
    return message(
        number,
        lane=Lane.INCIDENTS,
        at=at,
        partition=partition,
        **{
            "key": CROWD._replace(name=f"cbrn.from.moh.incidents/0/{number}"),
            "crowd": CROWD,
            "kind": "quarantined",
            "severity": "Unknown",
            "hazard": "",
            "place": "",
            "protection": frozenset({Protection.BUS}),
            **changes,
        },
    )


def lines(box, at):
    return {line.key.name: line for line in box.view(at).lines}


def test_each_unreadable_incident_is_told_at_once_as_grave_and_new():
    """The second one may be another accident: that it has the same mistake says nothing of it."""
    box = inbox()
    for number in range(3):
        (notice,) = box.take(alarm(number, at=after(seconds=number)), after(seconds=number))
        assert {Change.NEW, Change.GRAVE} <= set(notice.told[0].changes)
    shown = lines(box, after(minutes=1))
    assert len(shown) == 3
    assert all({Change.NEW, Change.GRAVE} <= set(line.changed) for line in shown.values())


def test_a_flood_is_one_line_that_keeps_count_and_the_gravest_mark():
    """A program that sends rubbish all night is one matter, told at once, then every five minutes."""
    box = inbox()
    flood = range(ALONE_MAX, ALONE_MAX + 20)
    for number in range(ALONE_MAX):
        box.take(alarm(number), START)
    told = [box.take(alarm(number, partition=number % 3), START) for number in flood]
    assert [len(notices) for notices in told] == [1] + [0] * 19
    waited = box.tick(after(minutes=5))
    assert len(records(waited)) == 19
    assert Change.GRAVE in waited[0].told[0].changes
    shown = lines(box, after(minutes=5))
    assert len(shown) == ALONE_MAX + 1
    assert shown["moh/not-json"].count == len(flood)
    assert Change.GRAVE in shown["moh/not-json"].changed


def test_old_ones_make_room_so_that_the_next_one_still_stands_by_itself():
    """After a year of mistakes a new one is news as the first was."""
    box = inbox()
    for number in range(30):
        at = after(hours=number)
        (notice,) = box.take(alarm(number, at=at), at)
        assert Change.NEW in notice.told[0].changes
        if not number:
            assert (
                box.take(alarm(100, at=at, identity=0, key=CROWD._replace(name=notice.told[0].line.key.name)), at) == []
            )
    shown = lines(box, after(hours=30))
    assert set(shown) == {"moh/not-json", *(f"cbrn.from.moh.incidents/0/{number}" for number in range(18, 30))}
    assert shown["moh/not-json"].count == 18
    assert shown["moh/not-json"].repeated == 1, "the oldest came twice before it left"
    assert (shown["moh/not-json"].first, shown["moh/not-json"].latest) == (START, after(hours=17))
    assert box.take(alarm(3, at=after(hours=30), identity=3), after(hours=30)) == [], "it is known, wherever it stands"


def test_what_the_list_showed_after_a_restart_is_not_told_again_with_the_flood():
    """The line that old ones join was before the officer with them; the next of a flood waits as any repetition."""
    box, now = inbox(), after(hours=ALONE_MAX)
    for number in range(ALONE_MAX + 1):
        box.restore(alarm(number, at=now if number else START), now)
    assert lines(box, now)["moh/not-json"].count == 1
    assert box.take(alarm(ALONE_MAX + 1, at=now), now) == []
    assert len(records(box.tick(now + INTERVAL))) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=60), st.booleans())
def test_however_they_come_each_is_in_one_line_and_told_once(given_, restored):
    """Nothing is lost between the lines, also where some come again or in another order."""
    box, notices, came = inbox(), [], {}
    for offset, (number, minutes) in enumerate(given_):
        delivery = alarm(offset, at=after(minutes=minutes), identity=number, key=CROWD._replace(name=str(number)))
        came.setdefault(number, delivery.coordinate)
        if restored:
            box.restore(delivery, after(minutes=minutes))
        else:
            notices += box.take(delivery, after(minutes=minutes))
    notices += box.flush(after(days=1))
    held = [coordinate for group in box.groups() for coordinate in group.coordinates()]
    assert len(held) == len(set(held)) == len(given_)
    assert sum(line_of(group).count for group in box.groups()) == len(came)
    if not restored:
        assert sorted(records(notices)) == sorted(came.values())
    assert sum(group.key != CROWD for group in box.groups()) <= ALONE_MAX


def test_what_this_version_cannot_read_stands_by_itself_too():
    """Two records of a newer router are two matters."""
    error = InvalidEventError(Reason.NOT_JSON, where="value", message="no JSON", hint="Update.")
    box = inbox()
    for offset in (7, 8):
        unread = Unreadable(Origin("cbrn.to.moh.alerts", 0, offset, START), error, b"{")
        assert box.take(delivery_of_unreadable(unread, Lane.INCIDENTS), START)
    assert len(lines(box, START)) == 2


@pytest.mark.parametrize(("lang", "said"), [("en", "Not JSON"), ("ru", "Не JSON"), ("ky", "JSON эмес")])
def test_an_alarm_is_named_by_its_record_and_says_its_reason_in_three_languages(lang, said):
    """`--expand` takes the name of the record, and that of its kind, which was the line's name before."""
    event = Alarm.model_validate_json(
        '{"kind":"quarantined","quarantine_id":"t/0/1","body":"moh","at":"2026-05-01T06:00:00Z",'
        '"reason":"not-json","where":"value","message":"m","hint":"h"}'
    )
    delivery = delivery_of(alert(event), Lane.INCIDENTS)
    assert delivery.names == {"t/0/1", "moh/not-json"}
    assert delivery.headlines[lang] == f"{said}: value: m"


@pytest.mark.parametrize(("name", "found"), [("moh/not-json", [0, 1]), ("cbrn.from.moh.incidents/0/1", [1])])
def test_the_kinds_name_expands_each_that_stands_by_itself(name, found):
    """The officer who types what the flood's line is called sees those that stand beside it, too."""
    reader = InboxReader(Settings(), "moh", Options(expand=name))
    reader.inbox, reader.answers = inbox(), OwnAnswers("moh")
    for offset, reason in enumerate((Reason.NOT_JSON, Reason.NOT_JSON, Reason.TOO_LARGE)):
        error = InvalidEventError(reason, where="value", message="m", hint="h")
        headers, value = alarm_record(
            error, identifier=f"cbrn.from.moh.incidents/0/{offset}", body="moh", at="2026-05-01T06:00:00Z"
        )
        reader._take(Lane.INCIDENTS, replace(record(offset, value=value), headers=tuple(headers)), START)
    printed = []
    _expand(reader, name, SimpleNamespace(expanded=lambda _, lines: printed.extend(line.key.name for line in lines)))
    assert printed == [f"cbrn.from.moh.incidents/0/{offset}" for offset in found]
    assert [message.origin.offset for message in reader.expanded] == found

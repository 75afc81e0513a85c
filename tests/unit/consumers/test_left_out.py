"""What a reader of a whole topic leaves out is told once, and not one by one at each start."""

from types import SimpleNamespace

import pytest
import structlog

from cbrn_consumers.duties import Clerk
from cbrn_consumers.duties.log import Log
from cbrn_consumers.left_out import LeftOut
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_routing.activation import Trust
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Realm


def record(offset, topic="cbrn.bus.duties", value=b"{"):
    return SimpleNamespace(
        topic=topic, partition=0, offset=offset, value=value, key=None, headers=[], timestamp=0, timestamp_type=1
    )


def test_one_is_told_with_all_that_is_known_of_it():
    """Whoever wrote it is to be found."""
    left_out = LeftOut()
    left_out.note(record(3), "this is no decision, left out", why="kind", hint="Find out.")
    with structlog.testing.capture_logs() as logs:
        left_out.tell()
    assert logs == [
        {"log_level": "warning", "event": "this is no decision, left out", "record": "cbrn.bus.duties/0/3"}
        | {"why": "kind", "hint": "Find out."}
    ]


def test_many_are_one_line_with_their_count_and_each_is_told_once():
    """A start that repeats two hundred old lines hides the one that is new."""
    left_out = LeftOut()
    for offset in range(200):
        left_out.note(record(offset), "this is no decision, left out", why=f"{offset}")
    with structlog.testing.capture_logs() as logs:
        left_out.tell()
        for offset in range(201):  # a broker was away: all is read again
            left_out.note(record(offset), "this is no decision, left out", why=f"{offset}")
        left_out.tell()
        left_out.tell()
    assert [(line["record"], line.get("count"), line["why"]) for line in logs] == [
        ("cbrn.bus.duties/0/199", 200, "199"),
        ("cbrn.bus.duties/0/200", None, "200"),
    ]


def test_the_log_of_duties_says_it_in_one_line():
    """Also in a command, which reads all of it each time."""
    read = Log(Realm.REAL, Trust())
    with structlog.testing.capture_logs() as logs:
        read.take([record(offset) for offset in range(50)])
        read.left_out.tell()
    assert [(line["event"], line["count"]) for line in logs] == [("a record of duties cannot be read, left out", 50)]


@pytest.mark.parametrize("keeper", [Clerk, QuarantineKeeper])
def test_a_keeper_that_begins_anew_does_not_tell_again(keeper):
    """It reads all decisions behind the fence, whenever a broker was away."""
    kept = keeper(Settings())
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            kept.begin()
            kept._sort([record(offset, "cbrn.from.mes.decisions") for offset in range(9)])
            kept.left_out.tell()
    assert [(line["event"], line["count"]) for line in logs] == [("this is no decision, left out", 9)]


def test_a_clerk_that_begins_anew_does_not_tell_of_its_own_log_again():
    """What it leaves out there is noted where all else is: it would be told by nobody, or at each start."""
    clerk = Clerk(Settings())
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            clerk.begin()
            clerk.take([record(offset) for offset in range(9)])
            clerk.left_out.tell()
    assert [(line["event"], line["count"]) for line in logs] == [("a record of duties cannot be read, left out", 9)]

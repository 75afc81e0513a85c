"""Two weeks as a page draws them: days of the country, holes seen, a night in two pieces."""

from tests.builders.rota import ROUND, entry, local, officers, rota

from cbrn_consumers.desk.web.rooms.watch.calendar import DAYS, days_of, standins_of
from cbrn_consumers.rota import Roster

AT = local(10, 9)


def roster(*entries):
    return Roster(rota(*entries), officers(), ())


def pieces(day):
    (cell,) = day.cells
    return [(each.begins, each.ends, each.who and each.who.post, each.left, each.wide) for each in cell.pieces]


def test_a_night_shift_stands_on_both_of_its_days():
    """And each day is told whole."""
    days = days_of(roster(*ROUND), AT)
    assert len(days) == DAYS
    assert pieces(days[1]) == [
        ("00:00", "08:00", "duty-2", 0.0, 8.0),
        ("08:00", "20:00", "duty-1", 8.0, 12.0),
        ("20:00", "24:00", "duty-2", 20.0, 4.0),
    ]
    assert [(day.on.day, day.weekday, day.today) for day in days[:2]] == [(10, 2, True), (11, 3, False)]


def test_a_hole_is_a_piece_without_anybody():
    """It may run over several days, or end within one."""
    days = days_of(roster(entry("one", "first: duty-1", "20261112T120000", "PT6H")), AT)
    assert pieces(days[1]) == [("00:00", "24:00", None, 0.0, 24.0)]
    assert [each[2] for each in pieces(days[2])] == [None, "duty-1", None]


def test_what_is_over_and_who_stands_in_is_told():
    """Only a stand-in can be taken away; one that is over is not offered."""
    over = entry("over", "override first: duty-3", "20261101T080000", "PT1H")
    to_come = entry("x", "override first: duty-3", "20261111T100000", "PT1H")
    known = roster(*ROUND, over, to_come)
    today, tomorrow = days_of(known, AT)[:2]
    assert [each.over for each in today.cells[0].pieces] == [True, False, False]
    assert [each.override for each in tomorrow.cells[0].pieces] == [None, None, "x", None, None]
    assert [each.uid for each in standins_of(known, AT)] == ["x"]


def test_holidays_stand_beside_their_day():
    """With their names, and whether the year's list is confirmed."""
    days = days_of(roster(*ROUND), local(6, 9))
    assert [bool(day.holidays) for day in days[:4]] == [False, True, True, False]

"""A rota as iCalendar: what programs write is read rightly, and what nobody should write is a finding."""

import time
from contextlib import suppress
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.rota import BISHKEK, NUMBER, PLANTED, ROUND, START, calendar, entry, local, rota

from cbrn_consumers.rota import FindingType, RotaFileError, entries_of, holes, overlaps, read_rota, stretches, written
from cbrn_consumers.rota.calendar import BYTES_MAX, ENTRIES_MAX, RULES_MAX

DAILY = "RRULE:FREQ=DAILY;UNTIL=20271231"
MONTH = START, START + timedelta(days=30)


def seen(made, since=MONTH[0], until=MONTH[1]):
    return [(each.post, each.begins, each.ends) for each in made.between(since, until)]


def types(made):
    return [each.type for each in made.findings]


def test_a_rule_is_followed_in_the_countrys_time():
    """08:00 in Bishkek is 02:00 UTC, in November as in July."""
    made = rota(entry("a", "first: duty-1", "20260601T080000", "PT12H", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20271231"))
    assert seen(made, local(2), local(5)) == [
        ("duty-1", local(2, 8), local(2, 20)),
        ("duty-1", local(4, 8), local(4, 20)),
    ]
    assert {each.begins.astimezone(UTC).hour for each in made.between(*MONTH)} == {2}
    assert made.findings == ()


def test_a_left_out_day_and_a_changed_one_are_heeded():
    """Half of all overrides are made so, by dragging one shift in a calendar program."""
    made = rota(
        entry("a", "first: duty-1", "20261101T080000", "PT12H", DAILY, f"EXDATE{BISHKEK}20261103T080000"),
        entry("a", "first: duty-2", "20261104T090000", "PT12H", f"RECURRENCE-ID{BISHKEK}20261104T080000"),
    )
    assert seen(made, local(2), local(6)) == [
        ("duty-1", local(2, 8), local(2, 20)),
        ("duty-2", local(4, 9), local(4, 21)),
        ("duty-1", local(5, 8), local(5, 20)),
    ]


def test_a_cancelled_shift_of_a_series_is_a_hole():
    """STATUS:CANCELLED is how some programs leave one out."""
    cancelled = (f"RECURRENCE-ID{BISHKEK}20261104T080000", "STATUS:CANCELLED")
    made = rota(
        entry("a", "first: duty-1", "20261101T080000", "PT24H", DAILY),
        entry("a", "first: duty-1", "20261104T080000", "PT24H", *cancelled),
    )
    (hole,) = holes(made.between(local(2), local(9)), "first", local(2), local(9))
    assert (hole.begins, hole.ends) == (local(4, 8), local(5, 8))


@pytest.mark.parametrize(
    "when",
    [
        ("DTSTART:20261107T080000", "DTEND:20261107T200000"),
        ("DTSTART:20261107T020000Z", "DTEND:20261107T140000Z"),
        ("DTSTART;TZID=Central Asia Standard Time:20261107T080000", "DURATION:PT12H"),
        (f"DTSTART{BISHKEK}20261107T080000", f"DTEND{BISHKEK}20261107T200000"),
        ('DTSTART;TZID="Asia/Bishkek":20261107T080000', "DURATION:PT12H"),
        (f"DTSTART{BISHKEK}2026\r\n 1107T080000", "DURATION:PT12H"),
    ],
    ids=["floating", "utc", "windows", "zone", "quoted", "folded"],
)
def test_the_same_shift_in_the_ways_of_several_programs(when):
    """Outlook, Google and a hand write one thing in different ways."""
    made = rota(("UID:a", "SUMMARY:duty-1", *when))
    assert seen(made) == [("duty-1", local(7, 8), local(7, 20))]
    assert made.findings == ()


def test_whole_days_are_the_countrys():
    """From midnight to midnight there."""
    made = rota(("UID:a", "SUMMARY:deputy: duty-1", "DTSTART;VALUE=DATE:20261107", "DTEND;VALUE=DATE:20261109"))
    assert seen(made) == [("duty-1", local(7), local(9))]


@pytest.mark.parametrize(
    ("said", "seat", "replaces"),
    [
        ("duty-2", "first", False),
        ("First: duty-2", "first", False),
        ("второй: duty-2", "second", False),
        ("орун басар:duty-2", "deputy", False),
        ("override: duty-2", "first", True),
        ("замена второй: duty-2", "second", True),
        ("Алмаштыруу биринчи: duty-2", "first", True),
    ],
)
def test_seats_and_overrides_are_said_in_three_languages(said, seat, replaces):
    """A calendar program keeps nothing but the title."""
    (shift,) = rota(entry("a", said)).between(*MONTH)
    assert (shift.seat, shift.post, shift.replaces) == (seat, "duty-2", replaces)


def test_a_redefined_zone_of_a_file_is_not_heeded():
    """A file that says that Bishkek has summer time would move each shift by an hour."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Asia/Bishkek\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+1100\r\nTZOFFSETTO:+1200\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    content = calendar(entry()).replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT", 1)
    assert seen(read_rota(content, "mes")) == [("duty-1", local(1, 8), local(1, 20))]


@pytest.mark.parametrize(
    ("lines", "type_"),
    [
        (entry("b", "call somebody"), FindingType.SUMMARY),
        (entry("b", f"first: {NUMBER}"), FindingType.SUMMARY),
        (
            ("UID:b", "SUMMARY:duty-1", "DTSTART;TZID=Mars/Olympus:20261101T080000", "DURATION:PT1H"),
            FindingType.ZONE,
        ),
        (("UID:b", "SUMMARY:duty-1", "DTSTART:20261101T080000"), FindingType.TIME),
        (entry("b", "duty-1", "20261101T080000", "-PT1H"), FindingType.TIME),
        (entry("b", "duty-1", "19991101T080000"), FindingType.TIME),
        (entry("b", "duty-1", "2026110T080000"), FindingType.ENTRY),
        (entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=SECONDLY"), FindingType.RULE),
        (entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=DAILY;BYHOUR=1,2,3"), FindingType.RULE),
        (entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=NEVER"), FindingType.ENTRY),
        (entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=DAILY;BYDAY=MO"), FindingType.RULE),
        (
            entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
            FindingType.RULE,
        ),
        (
            entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY"),
            FindingType.RULE,
        ),
        (
            entry("b", "duty-1", "20261101T080000", "PT1H", "RRULE:FREQ=DAILY;COUNT=1", "RRULE:FREQ=DAILY"),
            FindingType.ENTRY,
        ),
        (entry("", "duty-1"), FindingType.ENTRY),
        (entry("a", "duty-2"), FindingType.ENTRY),
        (
            entry(
                "a", "duty-1", "20261101T080000", "PT1H", f"RECURRENCE-ID;RANGE=THISANDFUTURE{BISHKEK}20261101T080000"
            ),
            FindingType.RULE,
        ),
    ],
)
def test_an_entry_that_cannot_be_used_is_a_finding_and_the_others_count(lines, type_):
    """One slip must not leave a body without a rota; a guess would ring the wrong person."""
    made = rota(entry("a"), lines)
    (found,) = made.findings
    assert (found.type, found.line, found.grave) == (type_, 9, True)
    assert found.remedy
    assert not any(planted in f"{found} {found.remedy}" for planted in PLANTED)
    assert seen(made) == [("duty-1", local(1, 8), local(1, 20))]


HOSTILE = {
    "a zone whose name is no name": ("DTSTART;TZID=" + "A" * 5_000 + ":20261101T080000", "DURATION:PT12H"),
    "bytes": ("DTSTART;VALUE=BINARY;ENCODING=BASE64:AAAA", "DURATION:PT12H"),
    "a length that is a time": (f"DTSTART{BISHKEK}20261101T080000", "DURATION:20261127T080000Z"),
    "two frequencies": (f"DTSTART{BISHKEK}20261101T080000", "DURATION:PT12H", "RRULE:FREQ=DAILY,WEEKLY"),
    "two counts": (f"DTSTART{BISHKEK}20261101T080000", "DURATION:PT12H", "RRULE:FREQ=DAILY;COUNT=1,2"),
    "a leap month": (f"DTSTART{BISHKEK}20261101T080000", "DURATION:PT12H", "RRULE:FREQ=DAILY;BYMONTH=11L"),
    "a day in a thousand years": (
        f"DTSTART{BISHKEK}20240229T080000",
        "DURATION:PT12H",
        "RRULE:FREQ=DAILY;INTERVAL=997;BYMONTH=2;BYMONTHDAY=29",
    ),
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_whatever_the_libraries_make_of_a_line_is_a_finding(lines):
    """What they raise ended the watch's look at all rotas, and the process that tells officers."""
    made = rota(("UID:x", "SUMMARY:second: duty-3", *lines), *ROUND)
    assert len(made.findings) == 1
    assert {post for post, _, _ in seen(made)} == {"duty-1", "duty-2"}


def test_thousands_of_shifts_at_once_are_laid_over_one_another_in_time():
    made = rota(*(entry(f"s{number}", f"first: duty-{number % 9 + 1}", lasts="P300D") for number in range(3_000)))
    shifts = made.between(*MONTH)
    began = time.monotonic()
    assert len(list(stretches(shifts, "first", *MONTH))) == 2
    assert 0 < len(overlaps(shifts, "first", *MONTH)) < 1_000
    assert time.monotonic() - began < 2


def test_a_rule_without_end_is_followed_and_said():
    """It works today; nobody will be asked again whether it is still right."""
    made = rota(entry("a", "duty-1", "20261101T080000", "PT12H", "RRULE:FREQ=DAILY"))
    (found,) = made.findings
    assert (found.type, found.grave, found.uid, found.line) == (FindingType.ENDLESS, False, "a", 3)
    assert len(made.between(*MONTH)) == 30
    assert len(made.between(START + timedelta(days=9_000), START + timedelta(days=9_001))) == 1


def test_times_of_a_zone_that_changes_its_clock_are_said():
    """A rota written in Berlin's time moves twice a year here."""
    made = rota(("UID:a", "SUMMARY:duty-1", "DTSTART;TZID=Europe/Berlin:20261101T080000", "DURATION:PT1H"))
    assert types(made) == [FindingType.FOREIGN_ZONE]


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b"", FindingType.NOT_CALENDAR),
        (b"hello", FindingType.NOT_CALENDAR),
        (b"\xff\xfeB\x00", FindingType.NOT_CALENDAR),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", FindingType.NOT_CALENDAR),
        (calendar(entry())[:-20], FindingType.NOT_CALENDAR),
        (b"END:VCALENDAR\n", FindingType.NOT_CALENDAR),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 100_000, FindingType.TOO_LARGE),
        (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 10_000, FindingType.NOT_CALENDAR),
        (calendar(*[entry()] * (ENTRIES_MAX + 1)), FindingType.TOO_LARGE),
        (b"BEGIN:VCALENDAR\n" + b"X" * 10 * 1024 * 1024, FindingType.TOO_LARGE),
        (
            calendar(*(entry(f"r{n}", "duty-1", "20261101T080000", "PT1H", DAILY) for n in range(RULES_MAX + 1))),
            FindingType.TOO_LARGE,
        ),
    ],
    ids=["empty", "text", "utf-16", "nothing", "cut", "end", "1 MB of beginnings", "deep", "entries", "10 MB", "rules"],
)
def test_a_file_that_is_no_rota_is_refused_with_what_to_do(content, type_):
    """None stops the process that reads it; each says what to do."""
    with pytest.raises(RotaFileError) as caught:
        read_rota(content, "mes", "rota.ics")
    (found,) = caught.value.findings
    assert found.type is type_
    assert caught.value.hint == found.remedy
    assert str(caught.value).startswith("rota.ics: ")


def test_what_else_stands_in_a_file_is_neither_read_nor_kept():
    """Attendees' addresses have no business in a folder of rotas."""
    more = ("ATTENDEE:mailto:duty.officer@mes.example.kg", f"DESCRIPTION:{NUMBER}", "X-ALT-DESC;FMTTYPE=text/html:<b>")
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", f"DESCRIPTION:{NUMBER}", "END:VALARM")
    made = rota(entry("a", "duty-1", "20261101T080000", "PT12H", *more, *alarm))
    assert made.findings == ()
    kept = written(made.entries).decode()
    assert not [planted for planted in PLANTED if planted in kept]


def test_a_rota_that_is_written_is_read_back_as_the_same():
    """Export and import change nothing, however often."""
    made = rota(
        *ROUND,
        entry("x", "override second: duty-3", "20261105T080000", "PT3H", "RDATE:20261107T030000Z"),
        entry("m", "deputy: duty-1", "20261106T080000", "P3D", "RRULE:FREQ=MONTHLY;BYDAY=1FR;COUNT=5"),
        entry("day", "first: duty-3", "20261104T090000", "PT12H", f"RECURRENCE-ID{BISHKEK}20261104T080000"),
    )
    assert made.findings == ()
    again = read_rota(written(made.entries), "mes")
    span = START, START + timedelta(days=200)
    assert again.findings == ()
    assert again.between(*span) == made.between(*span)
    assert written(again.entries) == written(made.entries)
    single = read_rota(written(entries_of([made.between(*span)[0]])), "mes")
    assert single.between(*span) == made.between(*span)[:1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 600), st.integers(1, 40))
def test_a_window_shows_what_a_whole_expansion_shows(first, days):
    """What is kept from one look to the next must not hide a shift."""
    since = START + timedelta(days=first)
    until = since + timedelta(days=days)
    fresh, used = rota(*ROUND), rota(*ROUND)
    used.between(START + timedelta(days=300), START + timedelta(days=310))
    used.between(since - timedelta(hours=5), since + timedelta(hours=1))
    assert used.between(since, until) == fresh.between(since, until)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_garbage_is_more_than_a_refusal(junk, where):
    """Whatever a broken disk or a hostile hand puts into a calendar is an answer, never a crash."""
    good = calendar(*ROUND)
    content = good[:where] + junk + good[where:]
    assert len(content) < BYTES_MAX
    with suppress(RotaFileError):
        read_rota(content, "mes").between(local(1), local(3))

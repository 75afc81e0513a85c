"""A rota as iCalendar: bytes to entries and findings, entries to shifts of a span of time, and back to bytes.

Only the entries' own lines are read, and of those only what a shift is made of: zones that a file defines, alarms,
attendees and whatever else stands in it are left alone, so that a hostile file has little to say. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cbrn_consumers.rota.entries import BISHKEK, Entry, EntryError, entry_of, summary_of
from cbrn_consumers.rota.findings import Finding, FindingType, RotaFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icalendar import Event

    from cbrn_consumers.rota.shifts import Shift
    from cbrn_schemas.shift import Seat

BYTES_MAX: Final = 1024 * 1024
"""A year of four officers, each shift by itself, is some 300 kB."""
ENTRIES_MAX: Final = 5_000
RULES_MAX: Final = 100
"""A rule is followed from its first day: 100 daily ones of six years take some 2 s on a busy machine, once."""
DEPTH_MAX: Final = 4
"""VCALENDAR, VEVENT, VALARM, and one more."""
_KEPT: Final = frozenset(
    {"UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "EXDATE", "RDATE", "RECURRENCE-ID", "STATUS"}
)
_ENTRY: Final = ["VCALENDAR", "VEVENT"]
_WINDOW: Final = timedelta(days=3)
"""Expanded beside what was asked, so that a clock which goes on need not expand anew each time."""


@dataclass(slots=True)
class Rota:
    """Whose turn it is in one body, as its calendar says."""

    body: str
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...] = ()
    """What was found in the calendar; entries that cannot be used are left out."""
    _shifts: tuple[datetime, datetime, tuple[Shift, ...]] | None = field(init=False, default=None)

    def between(self, since: datetime, until: datetime) -> tuple[Shift, ...]:
        """Return the shifts that touch a span of time, in order of their beginning."""
        known = self._shifts
        if known is None or not known[0] <= since <= until <= known[1]:
            edges = since - _WINDOW, until + _WINDOW
            known = self._shifts = (*edges, tuple(self._expanded(*edges)))
        return tuple(each for each in known[2] if each.begins < until and since < each.ends)

    @property
    def seats(self) -> frozenset[Seat]:
        """The seats that it fills at any time, and the first, which is never to be empty."""
        return frozenset({"first", *(entry.seat for entry in self.entries)})

    @property
    def posts(self) -> frozenset[str]:
        """The posts that it names."""
        return frozenset(entry.post for entry in self.entries)

    def _expanded(self, since: datetime, until: datetime) -> list[Shift]:
        changed = {(entry.uid, entry.instance) for entry in self.entries}
        starts = [(entry, begins) for entry in self.entries if entry.rule is None for begins in entry.starts]
        series = {entry.uid: entry for entry in self.entries if entry.rule is not None}
        starts += [
            (series[uid], begins)
            for uid, begins in _followed(series.values(), since, until)
            if (uid, begins) not in changed
        ]
        shifts = {entry.shift(begins) for entry, begins in starts if not entry.cancelled}
        found = (each for each in shifts if each.begins < until and since < each.ends)
        return sorted(found, key=lambda each: (each.begins, each.seat, each.rank))


def read_rota(content: bytes, body: str, name: str = "the rota") -> Rota:
    """Read a body's calendar.

    Raises:
        RotaFileError: it cannot be used at all; an entry that cannot be is a finding, and the others count.
    """
    blocks = _blocks(_text(content, name), name)
    entries, findings = list[Entry](), list[Finding]()
    for line, block in blocks:
        try:
            entries.append(entry_of(_parsed(line, block), line))
        except EntryError as error:
            findings.append(error.finding)
        except Exception:  # noqa: BLE001 - a value that is of another sort than its line's, a zone whose name is no name
            findings.append(_unreadable(line))
    entries, twice = _once(entries)
    findings += twice
    if sum(entry.rule is not None for entry in entries) > RULES_MAX:
        raise _refused(name, FindingType.TOO_LARGE, f"more than {RULES_MAX} rules", "Write single shifts.")
    unfollowed = {entry.line for entry in entries if entry.rule is not None and not _can_follow(entry)}
    findings += map(_unreadable, unfollowed)
    entries = [entry for entry in entries if entry.line not in unfollowed]
    findings += _mild(entries)
    return Rota(body, tuple(entries), tuple(sorted(findings, key=lambda each: each.line or 0)))


def written(entries: Iterable[Entry]) -> bytes:
    """Write a calendar that any program reads, and `read_rota` reads back as the same entries."""
    from icalendar import Calendar  # noqa: PLC0415 - a quarter of a second, and a process without a rota starts without it

    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//cbrn-alert-bus//rota//EN")
    for entry in entries:
        calendar.add_component(_event(entry))
    calendar.add_missing_timezones(first_date=date(2020, 1, 1))
    text: bytes = calendar.to_ical()
    return text


def entries_of(shifts: Iterable[Shift]) -> list[Entry]:
    """Make an entry of each shift, such as those of a swap, in the country's time."""
    return [
        Entry(
            uid=shift.uid,
            line=0,
            seat=shift.seat,
            post=shift.post,
            replaces=shift.replaces,
            begins=shift.begins.astimezone(BISHKEK),
            lasts=shift.ends - shift.begins,
        )
        for shift in shifts
    ]


def _text(content: bytes, name: str) -> str:
    if len(content) > BYTES_MAX:
        said = f"{len(content)} bytes, and a rota has {BYTES_MAX} at most"
        raise _refused(name, FindingType.TOO_LARGE, said, "Export the coming year alone.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(name, FindingType.NOT_CALENDAR, "it is no UTF-8", "Export it as iCalendar.", line) from None


def _blocks(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Take the lines of each entry out, unfolded, with the line at which it begins."""
    blocks: list[tuple[int, list[str]]] = []
    nested: list[str] = []
    for line, said in _unfolded(text):
        head, _, value = said.partition(":")
        keyword = head.partition(";")[0].strip().upper()
        if keyword in {"BEGIN", "END"}:
            if (wrong := _nest(nested, keyword, value.strip().upper())) is not None:
                raise _refused(name, FindingType.NOT_CALENDAR, wrong, "Export it anew.", line)
            if keyword == "BEGIN" and nested == _ENTRY:
                blocks.append((line, []))
        elif nested == _ENTRY and keyword in _KEPT:
            blocks[-1][1].append(said)
    if nested or not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        said = f"{nested[-1][:20]} has no END: it was cut off" if nested else "it is no calendar"
        raise _refused(name, FindingType.NOT_CALENDAR, said, "Give a whole iCalendar file (.ics).")
    if not blocks:
        raise _refused(name, FindingType.NOT_CALENDAR, "it has no entry (VEVENT)", "Write a shift, or a rule of them.")
    if len(blocks) > ENTRIES_MAX:
        raise _refused(name, FindingType.TOO_LARGE, f"more than {ENTRIES_MAX} entries", "Use rules (RRULE).")
    return blocks


def _nest(nested: list[str], keyword: str, part: str) -> str | None:
    """Begin or end a part; return what is wrong with that."""
    if keyword == "BEGIN":
        nested.append(part)
        return "parts within parts, too deep" if len(nested) > DEPTH_MAX else None
    return None if nested and nested.pop() == part else f"END of {part[:20]}, which is not what began"


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number; one that goes on below, with a blank before it, is one."""
    begun: tuple[int, list[str]] | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if begun is not None and line[:1] in {" ", "\t"}:
            begun[1].append(line[1:])
            continue
        if begun is not None:
            yield begun[0], "".join(begun[1])
        begun = (number, [line]) if line.strip() else None
    if begun is not None:
        yield begun[0], "".join(begun[1])


def _parsed(line: int, block: list[str]) -> Event:
    from icalendar import Event  # noqa: PLC0415 - as in `written`

    try:
        found = Event.from_ical("\r\n".join(("BEGIN:VEVENT", *block, "END:VEVENT", "")))
    except ValueError:
        raise EntryError(_unreadable(line)) from None
    assert isinstance(found, Event)
    return found


def _unreadable(line: int) -> Finding:
    return Finding(FindingType.ENTRY, "it cannot be read", "Write it anew.", line)


def _once(entries: list[Entry]) -> tuple[list[Entry], list[Finding]]:
    """Leave out entries that have the name of an earlier one: of a series there is one, and one of each change."""
    seen: set[tuple[str, datetime | None]] = set()
    kept, findings = list[Entry](), list[Finding]()
    for entry in entries:
        name = (entry.uid, entry.instance)
        if name in seen:
            remedy = "Give it a UID of its own, or take one of the two away."
            findings.append(
                Finding(FindingType.ENTRY, "an earlier entry has the same UID", remedy, entry.line, entry.uid)
            )
        else:
            seen.add(name)
            kept.append(entry)
    return kept, findings


def _mild(entries: Iterable[Entry]) -> Iterator[Finding]:
    for entry in entries:
        zone = getattr(entry.begins.tzinfo, "key", "UTC")
        if zone not in {"Asia/Bishkek", "UTC"}:
            said = f"its times are of {zone}, whose clock may change against the country's"
            yield Finding(FindingType.FOREIGN_ZONE, said, "Write TZID=Asia/Bishkek.", entry.line, entry.uid)
        if entry.endless and not entry.cancelled:
            said = "its rule never ends, so nobody will be asked again whether it is still right"
            yield Finding(FindingType.ENDLESS, said, "Give it UNTIL, a year ahead at most.", entry.line, entry.uid)


def _followed(series: Iterable[Entry], since: datetime, until: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield name and beginning of each shift of these series that touches a span of time."""
    import recurring_ical_events  # noqa: PLC0415 - as in `written`
    from icalendar import Calendar  # noqa: PLC0415 - as in `written`

    calendar = Calendar()
    for entry in series:
        calendar.add_component(_event(entry))
    for event in recurring_ical_events.of(calendar).between(since, until):
        yield str(event["UID"]), event["DTSTART"].dt


def _can_follow(entry: Entry) -> bool:
    try:
        list(_followed([entry], entry.begins, entry.begins + timedelta(days=1)))
    except Exception:  # noqa: BLE001 - what the library makes of a rule that it does not know is its own affair
        return False
    return True


def _event(entry: Entry) -> Event:
    from icalendar import Event, vRecur  # noqa: PLC0415 - as in `written`

    event = Event()
    event.add("UID", entry.uid)
    event.add("SUMMARY", summary_of(entry.seat, entry.post, replaces=entry.replaces))
    event.add("DTSTAMP", datetime(2026, 1, 1, tzinfo=UTC))  # the same bytes for the same entries
    event.add("DTSTART", entry.begins)
    event.add("DTEND", entry.begins + entry.lasts)
    if entry.rule is not None:
        event.add("RRULE", vRecur(entry.rule))
    for name, dates in (("EXDATE", entry.without), ("RDATE", entry.also)):
        for moment in dates:
            event.add(name, moment)
    if entry.instance is not None:
        event.add("RECURRENCE-ID", entry.instance)
    if entry.cancelled:
        event.add("STATUS", "CANCELLED")
    return event


def _refused(name: str, kind: FindingType, message: str, remedy: str, line: int | None = None) -> RotaFileError:
    return RotaFileError(name, Finding(kind, message, remedy, line))

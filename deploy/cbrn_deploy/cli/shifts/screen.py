"""A body's watch on a terminal of 80 columns: who is on duty, the plan of some days, what is wrong.

Times are the country's, +06 all year round, wherever the terminal stands: a shift is agreed in them.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_consumers.rota import (
    BISHKEK,
    Finding,
    FindingType,
    Reach,
    ShiftLog,
    duty_at,
    findings_between,
    reaches,
    stretches,
    trouble,
)
from cbrn_deploy.cli.printing import as_typed, console, shown
from cbrn_schemas.catalogue.holidays import holidays_on
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.shift import SEATS, ChannelTested, ShiftTaken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_consumers.rota import Duty, Roster, Shift, Stretch
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.officers import Officer
    from cbrn_schemas.shift import Seat, ShiftHandedOver

_REACH_STYLES: Final = {Reach.WORKS: "green", Reach.FAILED: "bold red", Reach.UNANSWERED: "bold red"}
_WIDTH: Final = 12
"""Of a seat's name; the longest, «орун басар», has ten letters."""


class ShiftScreen:
    """What is known of one body's watch, in one language. `log` None: the bus was not asked, or did not answer."""

    def __init__(self, roster: Roster, log: ShiftLog | None, lang: Language) -> None:
        self._roster = roster
        self._log = log
        self._lang = lang
        self._console = console()

    def now(self, at: datetime) -> None:
        """Print who has each seat, until when, whether they can be reached, and who comes next."""
        self._title(_moment(at, self._lang))
        for duty in duties(self._roster, self._log, at):
            head = shown(f"{word('seat', duty.seat, self._lang):{_WIDTH}}", "bold")
            self._console.print(Text.assemble(head, self._who(duty.post, first=duty.seat == "first")))
            for line in (*self._since(duty), *self._reached(duty)):
                self._console.print(Padding(line, (0, 0, 0, _WIDTH), expand=False))

    def plan(self, since: datetime, days: int) -> None:
        """Print the shifts of some days, seat by seat, holes in red; then the holidays among those days."""
        until = datetime.combine(since.astimezone(BISHKEK).date() + timedelta(days=days), time(), BISHKEK)
        self._title(f"{_day(since, self._lang)} – {_day(until - timedelta(seconds=1), self._lang)}, +06")
        shifts = self._roster.rota.between(since, until)
        for seat in (seat for seat in SEATS if seat in self._roster.rota.seats):
            table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
            heads = (word("seat", seat, self._lang), self._word("officer"), self._word("remarks"))
            for head, fixed in zip(heads, (True, False, False), strict=True):
                table.add_column(head, no_wrap=fixed, overflow="fold")
            gaps = 0
            for each in stretches(shifts, seat, since, until.astimezone(UTC)):
                hole = each.shift is None
                gaps += hole
                who = self._word("nobody") if each.shift is None else self._title_of(each.shift.post)
                replaces = each.shift is not None and each.shift.replaces
                cells = (self._when(each, since, until), who, self._word("override") if replaces else "")
                table.add_row(*map(shown, cells), style=("bold red" if seat == "first" else "red") if hole else "")
            self._console.print(table)
            said = f"{self._word('holes')}: {gaps}" if gaps else self._word("no-holes")
            self._console.print(shown(said, "bold red" if gaps and seat == "first" else "dim"))
            self._console.print()
        self._holidays(since, days)

    def swapped(self, made: Iterable[Shift]) -> None:
        """Print who stands in for whom now."""
        for each in made:
            said = f"{self._span(each.begins, each.ends)}  {self._title_of(each.post)}, {self._word('override')}"
            self._console.print(shown(said))

    def _holidays(self, since: datetime, days: int) -> None:
        for number in range(days):
            moment = since + timedelta(days=number)
            for holiday in holidays_on(moment.astimezone(BISHKEK).date()):
                unsure = "" if holiday.sure else f" ({self._word('not-confirmed')})"
                self._console.print(shown(f"{_day(moment, self._lang)}: {holiday.names.get(self._lang)}{unsure}"))

    def findings(self, found: Iterable[Finding]) -> None:
        """Print what is wrong, where, and how to mend it; the exact words about a file are English."""
        listed = sorted(found, key=lambda each: not each.grave)
        if not listed:
            self._console.print(shown(self._word("in-order"), "green"))
        for each in listed:
            style = "bold red" if each.grave else "yellow"
            where = f" ({each.where})" if each.where else ""
            self._console.print(Text.assemble(shown(word("rota", each.type, self._lang), style), shown(where)))
            for text in self._told(each):
                self._console.print(Padding(shown(text), (0, 0, 0, 2), expand=False))

    def said(self, fact: ShiftTaken | ShiftHandedOver | ChannelTested, *, waiting: bool = False) -> None:
        """Print what was written: a seat taken or handed over, a channel tested, perhaps with an answer yet to come."""
        if isinstance(fact, ChannelTested):
            waiting = waiting and fact.outcome == "sent"
            why = "" if fact.why is None or waiting else f": {word('why', fact.why, self._lang)}"
            kind = word("channel", fact.kind, self._lang)
            outcome = word("outcome", fact.outcome, self._lang)
            style = {"answered": "green", "sent": "yellow" if waiting else "bold red"}.get(fact.outcome, "bold red")
            self._console.print(Text.assemble(f"{fact.channel} ({kind}): ", shown(f"{outcome}{why}", style)))
            return
        kind = self._word("taken" if isinstance(fact, ShiftTaken) else "handed-over")
        self._console.print(
            Text.assemble(
                shown(f"{kind}: ", "bold"),
                shown(f"{word('seat', fact.seat, self._lang)}, "),
                self._who(fact.post),
                shown(f", {word('ui', 'until', self._lang)}: {_moment(fact.until, self._lang)}"),
            )
        )
        if fact.note:
            self._console.print(self._note(fact.note))

    def _told(self, each: Finding) -> tuple[str, str]:
        remedy = word("rota_remedy", each.type, self._lang)
        if remedy == each.type:
            return each.message, as_typed(each.remedy)
        parts = ["" if each.seat is None else word("seat", each.seat, self._lang), *map(self._title_of, each.posts)]
        if each.begins is not None and each.ends is not None:
            parts.append(self._span(each.begins, each.ends))
        said = ", ".join(filter(None, parts))
        return said or each.message, as_typed(remedy)

    def _title(self, said: str) -> None:
        self._console.print(shown(f"{body_name(self._roster.rota.body, self._lang)} · {said}", "bold"))

    def _word(self, code: str) -> str:
        return word("shift", code, self._lang)

    def _officer(self, post: str) -> Officer | None:
        return None if self._roster.officers is None else self._roster.officers.officer(post)

    def _title_of(self, post: str) -> str:
        officer = self._officer(post)
        return post if officer is None else f"{officer.title} ({post})"

    def _who(self, post: str | None, *, first: bool = True) -> Text:
        if post is None:
            return shown(self._word("nobody"), "bold red" if first else "yellow")
        officer = self._officer(post)
        name = f", {officer.name}" if officer is not None and officer.name else ""
        return shown(f"{self._title_of(post)}{name}")

    def _since(self, duty: Duty) -> Iterator[Text]:
        parts = [f"{word('ui', 'until', self._lang)}: {_moment(duty.until, self._lang)}"]
        if duty.held is not None:
            fact = duty.held.fact
            kind = self._word("taken" if isinstance(fact, ShiftTaken) else "handed-over")
            parts.append(f"{kind}: {_moment(duty.held.since, self._lang)}, {fact.by}")
            if duty.shift is not None and duty.shift.post != duty.post:
                parts.append(f"{self._word('by-rota')}: {self._title_of(duty.shift.post)}")
        elif duty.post is not None and self._log is not None:
            parts.append(self._word("not-taken"))
        yield shown(" · ".join(parts), "" if duty.held else "dim")
        if duty.held is not None and duty.held.fact.note:
            yield self._note(duty.held.fact.note)
        after = duty_at(self._roster.rota, self._log or ShiftLog(self._roster.rota.body), duty.seat, duty.until)
        if after.post != duty.post:
            who = self._who(after.post, first=duty.seat == "first")
            yield Text.assemble(shown(f"{self._word('next')}: ", "dim"), who)

    def _note(self, text: str) -> Text:
        return shown(f"{word('act', 'note', self._lang)}: {text}", "bold")

    def _reached(self, duty: Duty) -> Iterator[Text]:
        officer = None if duty.post is None else self._officer(duty.post)
        if duty.post is None:
            return
        if self._log is None:
            yield shown(self._word("unknown-reach"), "yellow")
            return
        wrong = trouble(self._roster.officers, self._log, duty.post, duty.since)
        head = self._word("reachable" if wrong is None else "not-reachable")
        # «Not reachable: not reachable» says nothing; the channels below say why.
        why = "" if wrong in {None, FindingType.UNREACHABLE} else f": {word('rota', str(wrong), self._lang)}"
        yield shown(f"{head}{why}", "green" if wrong is None else "bold red")
        if officer is not None:
            for name, state in reaches(officer, self._log, duty.since).items():
                channel = officer.channel(name)
                kind = "" if channel is None else f" ({word('channel', channel.kind, self._lang)})"
                yield Text.assemble(
                    shown(f"  {name}{kind}: "),
                    shown(word("reach", state, self._lang), _REACH_STYLES.get(state, "yellow")),
                )

    def _when(self, each: Stretch, since: datetime, until: datetime) -> str:
        """Write a stretch; a shift that began before, or ends later, as long as it is."""
        begins = each.shift.begins if each.shift is not None and each.begins == since else each.begins
        return self._span(begins, each.shift.ends if each.shift is not None and each.ends == until else each.ends)

    def _span(self, begins: datetime, ends: datetime) -> str:
        """Write a stretch of time: the second day only where it is another one."""
        here, there = begins.astimezone(BISHKEK), ends.astimezone(BISHKEK)
        last = "" if here.date() == (there - timedelta(seconds=1)).date() else f"{_day(there, self._lang)} "
        at = "24:00" if not last and there.time() == time() else f"{there:%H:%M}"
        return f"{_day(here, self._lang)} {here:%H:%M} – {last}{at}"


def duties(roster: Roster, log: ShiftLog | None, at: datetime) -> list[Duty]:
    """Return who has each seat that the rota fills."""
    seats: list[Seat] = [seat for seat in SEATS if seat in roster.rota.seats]
    return [duty_at(roster.rota, log or ShiftLog(roster.rota.body), seat, at) for seat in seats]


def found(roster: Roster, log: ShiftLog | None, since: datetime, until: datetime) -> list[Finding]:
    """List all that is wrong with a body's watch: its files, its calendar, the span of time."""
    return [*roster.findings, *findings_between(roster.rota, roster.officers, log, since, until)]


def duty_json(roster: Roster, log: ShiftLog | None, duty: Duty) -> dict[str, Any]:
    """Write who has a seat for a machine; channels by name, never by address."""
    officer = None if roster.officers is None or duty.post is None else roster.officers.officer(duty.post)
    wrong: FindingType | None = None
    if duty.post is not None and log is not None:
        wrong = trouble(roster.officers, log, duty.post, duty.since)
    return {
        "body": roster.rota.body,
        "seat": duty.seat,
        "post": duty.post,
        "title": None if officer is None else officer.title,
        "since": duty.since.isoformat(),
        "until": duty.until.isoformat(),
        "by_rota": None if duty.shift is None else duty.shift.post,
        "taken": None if duty.held is None else duty.held.since.isoformat(),
        "by": None if duty.held is None else duty.held.fact.by,
        "note": None if duty.held is None else duty.held.fact.note,
        "reachable": None if log is None or duty.post is None else wrong is None,
        "trouble": wrong if duty.post is not None else FindingType.HOLE,
        "channels": {} if officer is None or log is None else reaches(officer, log, duty.since),
    }


def stretch_json(seat: Seat, each: Stretch) -> dict[str, Any]:
    """Write a stretch of a plan for a machine."""
    shift = each.shift
    return {
        "seat": seat,
        "post": None if shift is None else shift.post,
        "begins": each.begins.isoformat(),
        "ends": each.ends.isoformat(),
        "override": shift is not None and shift.replaces,
        "uid": None if shift is None else shift.uid,
    }


def finding_json(each: Finding) -> dict[str, Any]:
    """Write a finding for a machine."""
    times = {
        name: None if at is None else at.isoformat() for name, at in (("begins", each.begins), ("ends", each.ends))
    }
    return {**each._asdict(), **times, "grave": each.grave}


def _day(moment: datetime, lang: Language) -> str:
    here = moment.astimezone(BISHKEK)
    return f"{word('weekday', str(here.isoweekday()), lang)} {here:%d.%m}"


def _moment(moment: datetime, lang: Language) -> str:
    return f"{_day(moment, lang)} {moment.astimezone(BISHKEK):%H:%M} +06"

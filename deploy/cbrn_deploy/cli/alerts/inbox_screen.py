"""The inbox for people: a table of one row a situation or station, records below one another on a narrow terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_consumers.inbox import FOLDED, NOBODY, GroupType, in_order
from cbrn_consumers.standing import State
from cbrn_deploy.cli.alerts.tail import MARK_STYLE, print_details, severity_style
from cbrn_deploy.cli.printing import shown
from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import ago, amount, countdown, local_time
from cbrn_schemas.details import details
from cbrn_schemas.events import read_event
from cbrn_schemas.marks import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rich.console import Console

    from cbrn_consumers.inbox import (
        ActiveSilence,
        Change,
        Delivery,
        HiddenBy,
        Line,
        Matter,
        Noted,
        Notice,
        OwnAnswers,
        Shown,
        View,
    )
    from cbrn_schemas.events.base import Language

HEADS: Final = ("answer", "severity", "event")
COLUMNS: Final = (15, 14)
"""Width of what is asked and of the severity; what is left is for the event."""
STACKED_BELOW: Final = 72
"""Characters below which a row of three columns would be all folds: each record is then written in lines."""
BESIDE_SHOWN: Final = 3
"""Bodies that have not answered, in a row."""
READINGS_SHOWN: Final = 3
"""Series in a row; `--expand` and `--json` show all."""


class _Row(NamedTuple):
    """A line of the list, ready to be placed."""

    asked: Text
    severity: Text
    name: Text
    """To be copied: it stays in one piece."""
    said: list[Text]
    style: str


class InboxScreen:
    """A screen for the view, an expanded group, and notices in one language."""

    def __init__(self, lang: Language, own: OwnAnswers, out: Console) -> None:
        self._lang = lang
        self._own = own
        self._console = out

    def show_view(self, view: View, *, hidden: bool, limit: int | None = None) -> None:
        """Show counts and the list: what is to be answered first; below it what silences hide, and what had no room."""
        self._counts(view)
        matters = in_order(view.lines, self._own, view.at)
        rows = [self._row(one, view.at) for one in matters[:limit]]
        if hidden:
            for by in view.hidden:
                rows += [self._row(one, view.at, by.active, "dim") for one in in_order(by.lines, self._own, view.at)]
        if rows:
            self._print_rows(rows)
        else:
            self._console.print(self._ui("none"))
        if limit is not None and len(matters) > limit:
            self._console.print(self._ui("more").format(len(matters) - limit))
        for by in view.hidden:
            self._console.print(self._hidden(by))
        if view.left_groups:
            text = f"{self._ui('left-out')}: {view.left_groups} ({self._ui('messages')}: {view.left_messages})"
            self._console.print(shown(text, "yellow"))
        for warning in view.warnings:
            self._console.print(shown(f"{self._ui('warning')}: {warning}", "yellow"))

    def show_messages(self, messages: Iterable[Delivery]) -> None:
        """Show the messages of an expanded group in the order read: when routed, how bad, what it says, its place."""
        for each in messages:
            severity = word("severity", each.severity, self._lang)
            headline = each.headlines.get(self._lang) or next(iter(each.headlines.values()), "")
            kind = word("kind", each.kind, self._lang)
            values = [amount(reading.value, reading.unit, self._lang) for reading in each.readings]
            said = ", ".join((*values, *self._remarks(each.remarks)))
            parts = [*marks(each, self._lang), body_name(each.publisher, self._lang), kind, headline, said]
            self._console.print(
                Text.assemble(
                    f"{local_time(each.routed, '%d.%m %H:%M:%S')}  ",
                    shown(severity, severity_style(each)),
                    shown(f"  {' · '.join(filter(None, parts))}"),
                )
            )
            # Where it stands, and its id, are there to be copied.
            self._console.print(shown(f"  {'/'.join(map(str, each.coordinate))}  {each.id}", "dim"), soft_wrap=True)
            if each.data:
                print_details(self._console, read_event(each.data), self._lang)

    def show_lines(self, lines: Iterable[Line], now: datetime) -> None:
        """Show groups with every series: first, latest, highest and lowest, each with its time."""
        for line in lines:
            self._print_rows([self._row(one, now) for one in self._own.matters([line], now)])
            for series in line.readings:
                parts = [
                    f"{self._ui(head)} {self._number(noted)} ({_moment(noted.at)})"
                    for head, noted in zip(("first", "latest", "highest", "lowest"), _noted(series), strict=True)
                ]
                self._console.print(shown(f"  {self._series_name(series)}: {'; '.join(parts)}"))

    def show_notice(self, notice: Notice) -> None:
        """Show one notice: when, what has changed, and the line of each group that it is of."""
        if notice.silence is not None:
            count = sum(len(told.records) for told in notice.told)
            head = f"{self._ui('silence-ended')}: {count} ({self._ui('messages')}) {self._silence(notice.silence)}"
            self._console.print(Text.assemble(f"{_moment(notice.at)}  ", shown(head, "bold")))
        for told in notice.told:
            changes = self._changes(told.changes)
            self._console.print(shown(f"{_moment(notice.at)}  {changes}  +{len(told.records)}", "bold"))
            rows = [self._row(one, notice.at) for one in self._own.matters([told.line], notice.at)]
            self._print_rows(rows, heads=False)

    def _counts(self, view: View) -> None:
        """Say at the head what is to be done."""
        counts, hidden = self._own.counts(view.lines, view.at), sum(len(by.lines) for by in view.hidden)
        head = f"{self._ui('inbox')} · {body_name(self._own.body, self._lang)} · {_moment(view.at)}"
        late = f" ({self._ui('overdue')}: {counts.late})" if counts.late else ""
        said = [shown(f"{self._ui('to-answer')}: {counts.to_answer}{late}", "bold red" if late else "bold")]
        said += [
            shown(f"{self._ui(code)}: {count}")
            for code, count in (("open", counts.open), ("over", counts.ended), ("hidden", hidden))
        ]
        self._console.print(shown(head, "bold"))
        self._console.print(Text(" · ").join(said))
        self._console.print()

    def _row(self, matter: Matter, now: datetime, hidden_by: ActiveSilence | None = None, style: str = "") -> _Row:
        """Write a line of the list; in the event's own cell also what an officer acts on first."""
        line = matter.line
        severity = word("severity", line.severity, self._lang)
        if line.highest != line.severity:
            severity += f" ({self._ui('highest')}: {word('severity', line.highest, self._lang)})"
        return _Row(
            self._asked(matter, now),
            shown(severity, "dim" if matter.ended else severity_style(line)),
            shown(line.key.situation, "bold"),
            [*self._said(line, now, hidden_by), *self._beside(matter.beside)],
            style,
        )

    def _said(self, line: Line, now: datetime, hidden_by: ActiveSilence | None) -> Iterator[Text]:
        set_apart = [shown(mark, MARK_STYLE) for mark in marks(line, self._lang)]
        yield Text(" · ").join([*set_apart, shown(self._what(line))])
        repeats = f" ({self._ui('repeats')}: {line.repeated})" if line.repeated else ""
        count = f"{self._ui('messages')}: {line.count}{repeats}" if line.count > 1 or repeats else ""
        facts = (
            place_name(line.place, self._lang) if line.hazard else "",
            ", ".join(body_name(code, self._lang) for code in line.publishers if code != NOBODY),
            "" if line.role is None else word("role", line.role, self._lang),
            "" if line.key.sort is GroupType.SITUATION else self._readings(line),
            count,
            ago(line.latest, now, self._lang),
        )
        yield shown(" · ".join(filter(None, facts)))
        found = [] if not line.data else list(map(str, details(read_event(line.data), self._lang, brief=True)))
        found += [self._readings(line)] if line.key.sort is GroupType.SITUATION else []
        for text in (self._state(line, hidden_by), " · ".join(filter(None, found))):
            if text:
                yield shown(text, "dim")

    def _beside(self, alarms: tuple[Line, ...]) -> Iterator[Text]:
        """Say which other bodies have not answered, and who is asked in their place."""
        yield from (shown(self._what(line), "bold") for line in alarms[:BESIDE_SHOWN])
        if len(alarms) > BESIDE_SHOWN:
            yield shown(self._ui("more").format(len(alarms) - BESIDE_SHOWN))

    def _asked(self, matter: Matter, now: datetime) -> Text:
        """Say how long there is for an answer, else what was answered."""
        asked = matter.asked
        if asked.due is not None:
            return shown(countdown(asked.due, now, self._lang), "bold red" if asked.late(now) else "bold")
        if matter.ended or asked.state in {None, State.ADDRESSED, State.DELIVERED}:
            return shown("")
        return shown(word("standing", str(asked.state), self._lang), "dim")

    def _print_rows(self, rows: list[_Row], *, heads: bool = True) -> None:
        room = self._console.width - sum(COLUMNS) - len(COLUMNS)
        if heads and self._console.width >= STACKED_BELOW:
            self._print_table([[shown(self._ui(head), "bold dim") for head in HEADS]], "")
        for row in rows:
            if self._console.width < STACKED_BELOW:
                self._print_stacked(row)
                continue
            beside = cell_len(row.name.plain) <= room
            if not beside:
                self._console.print(row.name, soft_wrap=True, style=row.style)
            said = [row.name, *row.said] if beside else row.said
            self._print_table([[row.asked, row.severity, Text("\n").join(said)]], row.style)

    def _print_table(self, rows: list[list[Text]], style: str) -> None:
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        for width in COLUMNS:
            table.add_column(width=width, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for row in rows:
            table.add_row(*row, style=style)
        self._console.print(table)

    def _print_stacked(self, row: _Row) -> None:
        """Put a narrow terminal's cells below one another: the name, what is asked and how bad, then what is said."""
        self._console.print(row.name, soft_wrap=True, style=row.style)
        first = Text(" · ").join(cell for cell in (row.asked, row.severity) if cell.plain)
        for line in (first, *row.said):
            self._console.print(Padding(line, (0, 0, 0, 2), expand=False), style=row.style)

    def _what(self, line: Line) -> str:
        kind = word("kind", line.kind, self._lang) if line.kind != "unreadable" else self._ui("unreadable")
        headline = line.headlines.get(self._lang) or next(iter(line.headlines.values()), "")
        # What the bus itself says names its kind.
        return headline if headline.startswith(kind) else f"{kind}: {headline}" if headline else kind

    def _readings(self, line: Line) -> str:
        several = len(line.readings) > 1
        parts = []
        for series in line.readings[:READINGS_SHOWN]:
            text = (
                f"{self._series_name(series)} {self._number(series.latest)}" if several else self._number(series.latest)
            )
            if series.highest.reading.base > series.latest.reading.base:
                text += f" ({self._ui('highest')}: {self._number(series.highest)})"
            parts.append(text)
        more = len(line.readings) - READINGS_SHOWN
        if more > 0:
            parts.append(f"+{more}")
        return ", ".join((*parts, *self._remarks(line.remarks)))

    def _remarks(self, remarks: Iterable[str]) -> list[str]:
        """Say verdicts against limits in words; what has none, such as a nuclide, as it is."""
        return [word("limit", remark, self._lang) for remark in remarks]

    def _number(self, noted: Noted) -> str:
        return amount(noted.reading.value, noted.reading.unit, self._lang)

    def _series_name(self, series: Shown) -> str:
        reading = series.latest.reading
        name, *of = reading.name.split("/")
        label = word("reading", name, self._lang)
        if label == name:
            label = word("quantity", reading.quantity, self._lang)
        return " ".join((label, *of[1:]))

    def _state(self, line: Line, hidden_by: ActiveSilence | None) -> str:
        parts = [] if hidden_by is None else [f"{self._ui('hidden')}: {hidden_by.silence.id}"]
        parts.append(self._ui("over") if line.ended else self._changes(line.changed))
        parts.append(words_of("doubt", line.warnings, self._lang))
        return ", ".join(filter(None, parts))

    def _changes(self, changes: Iterable[Change]) -> str:
        """Say what is new; that it is an update or a reading, only where that is all."""
        given = list(changes)
        return words_of("news", [change for change in given if change not in FOLDED] or given, self._lang)

    def _hidden(self, by: HiddenBy) -> Text:
        messages = sum(line.count for line in by.lines)
        count = f"{self._ui('hidden')}: {len(by.lines)} ({self._ui('messages')}: {messages})"
        return shown(f"{count} · {self._silence(by.active)}", "dim")

    def _silence(self, active: ActiveSilence) -> str:
        """Say «silence moh.x · until 01.05 18:00 · by Asanov · reason»."""
        silence = active.silence
        return " · ".join(
            (
                f"{self._ui('silence')} {silence.id} ({silence.scope})",
                f"{self._ui('until')}: {_moment(active.until)}",
                f"{self._ui('author')}: {silence.author}",
                f"{self._ui('reason')}: {silence.reason}",
            )
        )

    def _ui(self, code: str) -> str:
        return word("ui", code, self._lang)


def _noted(series: Shown) -> tuple[Noted, Noted, Noted, Noted]:
    return series.first, series.latest, series.highest, series.lowest


def _moment(moment: datetime) -> str:
    return local_time(moment, "%d.%m %H:%M")

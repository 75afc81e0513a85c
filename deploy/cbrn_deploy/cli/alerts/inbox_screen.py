"""The inbox for people: a table on a wide terminal, lines on a narrow one; notices as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cbrn_consumers.inbox import FOLDED, GRAVE, NOBODY
from cbrn_deploy.cli.alerts.tail import SEVERITY_STYLES, TABLE_WIDTH, print_details
from cbrn_deploy.cli.printing import console, shown
from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
from cbrn_schemas.catalogue.words import word
from cbrn_schemas.catalogue.written import amount, local_time
from cbrn_schemas.details import details
from cbrn_schemas.events import read_event
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_consumers.inbox import ActiveSilence, Change, Delivery, HiddenBy, Line, Noted, Notice, Shown, View
    from cbrn_schemas.events.base import Language

HEADS: Final = ("severity", "event", "place", "role", "messages", "latest", "state", "deadline")
COLUMNS: Final = ((14, None), (None, 6), (None, 3), (12, None), (9, None), (None, 3), (None, 3), (15, None))
"""Width in characters, or share of what is left, in the order of the heads."""
SEVERE: Final = SEVERITY_ORDER["Severe"]
_Row = tuple[list[Text], str]
"""The cells of a line and their style."""
READINGS_SHOWN: Final = 3
"""Series in a line of the table; `--expand` and `--json` show all."""


class InboxScreen:
    """A screen for the view, an expanded group, and notices in one language."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang
        self._console = console()

    def show_view(self, view: View, *, hidden: bool) -> None:
        """Show the list: open before ended, the gravest first; below it what silences hide, and what had no room."""
        rows = [self._row(line, view.at) for line in in_order(view.lines)]
        if hidden:
            for by in view.hidden:
                rows += [self._row(line, view.at, by.active, "dim") for line in in_order(by.lines)]
        if rows:
            self._print_rows(rows)
        else:
            self._console.print(self._ui("none"))
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
            parts = [body_name(each.publisher, self._lang), kind, headline, said]
            if each.message_type != "Alert":
                parts.insert(0, word("message_type", each.message_type, self._lang))
            self._console.print(
                Text.assemble(
                    f"{local_time(each.routed, '%d.%m %H:%M:%S')}  ",
                    shown(severity, SEVERITY_STYLES.get(each.severity, "")),
                    shown(f"  {' · '.join(filter(None, parts))}"),
                    shown(f"  {'/'.join(map(str, each.coordinate))}  {each.id}", "dim"),
                )
            )
            if each.data:
                print_details(self._console, read_event(each.data), self._lang)

    def show_lines(self, lines: Iterable[Line], now: datetime) -> None:
        """Show groups with every series: first, latest, highest and lowest, each with its time."""
        for line in lines:
            self._print_rows([self._row(line, now)])
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
            self._print_rows([self._row(told.line, notice.at)], heads=False)

    def silence_cells(self, active: ActiveSilence, now: datetime) -> list[Text]:
        """Return state, id, scope, from, until, by whom, why."""
        silence, end = active.silence, active.end
        state = word("silence_state", active.state(now), self._lang)
        if end is not None:
            state += f" ({end.author}{'' if end.reason is None else f': {end.reason}'})"
        texts = (
            state,
            silence.id,
            str(silence.scope),
            _moment(active.since),
            _moment(active.until),
            silence.author,
            silence.reason,
        )
        return [shown(text) for text in texts]

    def _row(self, line: Line, now: datetime, hidden_by: ActiveSilence | None = None, style: str = "") -> _Row:
        """Write a line of the list; in the event's own cell also what an officer acts on first."""
        cells = self._cells(line, now, hidden_by)
        if line.data:
            said = " · ".join(map(str, details(read_event(line.data), self._lang, brief=True)))
            if said:
                cells[1] = Text("\n").join((cells[1], shown(said, "dim")))
        return cells, style

    def _print_rows(self, rows: list[_Row], *, heads: bool = True) -> None:
        if self._console.width < TABLE_WIDTH:
            for cells, style in rows:
                self._print_lines(cells, style)
            return
        table = Table.grid(padding=(0, 1), expand=True)
        for width, ratio in COLUMNS:
            table.add_column(width=width, ratio=ratio, overflow="fold")
        if heads:
            table.add_row(*(shown(self._ui(head), "bold") for head in HEADS))
        for cells, style in rows:
            table.add_row(*cells, style=style)
        self._console.print(table)

    def _print_lines(self, cells: list[Text], style: str) -> None:
        """Put a narrow terminal's cells below one another: severity and event, then indented the rest, the deadline."""
        severity, what, *rest = cells
        named = [Text.assemble(f"{self._ui(head)}: ", cell) for head, cell in zip(HEADS[2:], rest, strict=True) if cell]
        self._console.print(Text("  ").join([severity, what]), style=style)
        deadline = [named.pop()] if rest[-1] else []
        for line in (Text(" · ").join(named), *deadline):
            self._console.print(Padding(line, (0, 0, 0, 2), expand=False), style=style)

    def _cells(self, line: Line, now: datetime, hidden_by: ActiveSilence | None = None) -> list[Text]:
        severity = word("severity", line.severity, self._lang)
        if line.highest != line.severity:
            severity += f" ({self._ui('highest')}: {word('severity', line.highest, self._lang)})"
        repeats = f" ({self._ui('repeats')}: {line.repeated})" if line.repeated else ""
        role = "" if line.role is None else word("role", line.role, self._lang)
        return [
            shown(severity, SEVERITY_STYLES.get(line.severity, "")),
            shown(self._what(line)),
            shown(place_name(line.place, self._lang) if line.hazard else ""),
            shown(role, "bold" if line.role == "lead" else ""),
            shown(f"{line.count}{repeats}"),
            shown(self._readings(line)),
            self._state(line, hidden_by),
            self._deadline(line, now),
        ]

    def _what(self, line: Line) -> str:
        kind = word("kind", line.kind, self._lang) if line.kind != "unreadable" else self._ui("unreadable")
        headline = line.headlines.get(self._lang) or next(iter(line.headlines.values()), "")
        bodies = ", ".join(body_name(code, self._lang) for code in line.publishers if code != NOBODY)
        return " · ".join(filter(None, (line.key.name, f"{kind}: {headline}" if headline else kind, bodies)))

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

    def _state(self, line: Line, hidden_by: ActiveSilence | None) -> Text:
        parts = [self._ui("over" if line.ended else "open"), self._changes(line.changed)]
        if hidden_by is not None:
            parts.insert(0, f"{self._ui('hidden')}: {hidden_by.silence.id}")
        if line.restricted:
            parts.append(self._ui("restricted"))
        parts.append(words_of("doubt", line.warnings, self._lang))
        return shown(", ".join(filter(None, parts)), "dim" if line.ended else "")

    def _changes(self, changes: Iterable[Change]) -> str:
        """Say what is new; that it is an update or a reading, only where that is all."""
        given = list(changes)
        return words_of("news", [change for change in given if change not in FOLDED] or given, self._lang)

    def _deadline(self, line: Line, now: datetime) -> Text:
        if line.acknowledge_by is None:
            return shown("")
        late = line.acknowledge_by < now
        text = _moment(line.acknowledge_by)
        return shown(f"{text} {self._ui('overdue')}" if late else text, "bold red" if late else "")

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


def in_order(lines: Iterable[Line]) -> list[Line]:
    """Sort open before ended; then the graver; then who must be answered first; then the latest.

    What is grave by other facts than its severity (nobody has rated it, people are hurt) stands with the severe.
    """

    def place(line: Line) -> tuple[bool, int, float, float]:
        severity = max(SEVERITY_ORDER[line.severity], 0 if GRAVE.isdisjoint(line.protection) else SEVERE)
        due = float("inf") if line.acknowledge_by is None else line.acknowledge_by.timestamp()
        return line.ended, -severity, due, -line.latest.timestamp()

    return sorted(lines, key=place)


def _noted(series: Shown) -> tuple[Noted, Noted, Noted, Noted]:
    return series.first, series.latest, series.highest, series.lowest


def _moment(moment: datetime) -> str:
    return local_time(moment, "%d.%m %H:%M")

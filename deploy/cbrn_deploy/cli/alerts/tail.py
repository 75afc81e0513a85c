"""`cbrn tail`: what a body receives, as a table for people or as JSON lines for machines. It takes part in nothing."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cbrn_deploy.cli.invocation import EXIT_INTERRUPTED, Invocation
from cbrn_deploy.cli.parameters import BodyArgument, body_code
from cbrn_deploy.cli.printing import console, json_text, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.tail import Unreadable
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

COLUMNS = ((18, None), (14, None), (None, 6), (None, 4), (None, 3), (12, None), (None, 4), (15, None), (None, 4))
"""Width in characters, or share of what is left: time, severity, event, place, from, role, rule, deadline, warnings."""
TABLE_WIDTH = 130
"""Characters below which a table of nine columns would be all folds: each record is then written in lines."""
HEADS = ("time", "severity", "event", "place", "from", "role", "rule", "deadline", "warnings")
SEVERITY_STYLES = {"Extreme": "bold white on red", "Severe": "bold red", "Moderate": "yellow", "Minor": "green"}


@Invocation.takes("realm", "servers", "lang", "json")
def tail(
    call: Invocation,
    body: BodyArgument,
    *,
    lane: Annotated[Literal["alerts", "monitoring"], typer.Option(help="What to look at.")] = "alerts",
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Start with the oldest that Kafka holds, not with what comes next.")
    ] = False,
    follow: Annotated[
        bool,
        typer.Option("--follow/--no-follow", help="Wait for more; --no-follow shows all that is there, then ends."),
    ] = True,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many.", show_default=False)] = None,
) -> None:
    """Show what BODY receives.

    It reads beside the body's own programs and takes nothing away from them. Control-C ends it.
    """
    from cbrn_schemas.topics import Lane

    code, chosen = body_code(body), Lane.INCIDENTS if lane == "alerts" else Lane.MONITORING
    printer = print_json if call.as_json else _TablePrinter(call.language)
    try:
        call.run(_tail(call.settings, code, chosen, printer, from_beginning=from_beginning, follow=follow, count=count))
    except KeyboardInterrupt:
        if follow:  # the usual end of following
            return
        raise typer.Exit(EXIT_INTERRUPTED) from None


async def _tail(
    settings: Settings,
    body: str,
    lane: Lane,
    printer: Any,
    *,
    from_beginning: bool,
    follow: bool,
    count: int | None,
) -> None:
    from cbrn_consumers.tail import tail as read

    alerts = read(settings, body, lane, from_beginning=from_beginning, until_now=not follow, count=count)
    async with aclosing(alerts):
        async for alert in alerts:
            printer(alert)


def print_json(alert: Alert | Unreadable) -> None:
    """Print one line a record."""
    print(json_text(alert_json(alert)), flush=True)


def alert_json(alert: Alert | Unreadable) -> dict[str, Any]:
    """Return an alert for machines: what the bus says, and `event` as it was published."""
    from cbrn_consumers.tail import Unreadable
    from cbrn_schemas.records import rfc3339

    origin = {
        "topic": alert.origin.topic,
        "partition": alert.origin.partition,
        "offset": alert.origin.offset,
        "routed": rfc3339(alert.origin.timestamp),
    }
    if isinstance(alert, Unreadable):
        return {"error": alert.error.message, "where": alert.error.where, "hint": alert.error.hint, "origin": origin}
    return {
        "id": alert.id,
        "source": alert.source,
        "type": alert.type,
        "role": alert.role,
        "rules": list(alert.rules),
        "acknowledge_by": None if alert.acknowledge_by is None else rfc3339(alert.acknowledge_by),
        "level": alert.level,
        "warnings": list(alert.warnings),
        "restricted": alert.restricted,
        "rulebook": alert.rulebook,
        "place": alert.place,
        "event": _event_json(alert.data),
        "origin": origin,
    }


def _event_json(data: bytes) -> Any:
    """Return the event as it was published; as text where Python would refuse it (a number of thousands of digits)."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return data.decode("utf-8", "backslashreplace")


class _TablePrinter:
    """Rows as they come: each is a table of its own with the same widths, since a table cannot grow on a terminal."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang
        self._console = console()
        self._begun = False

    def __call__(self, alert: Alert | Unreadable) -> None:
        if self._console.width < TABLE_WIDTH:
            self._console.print(self._lines(alert))
            self._print_details(alert)
            return
        if not self._begun:
            self._begun = True
            self._console.print(self._row([shown(self._ui(head), "bold") for head in HEADS]))
        self._console.print(self._row(self._cells(alert)))
        self._print_details(alert)

    def _print_details(self, alert: Alert | Unreadable) -> None:
        """Lay out what the event says field by field, below its row."""
        from cbrn_consumers.alert import BusAlarm
        from cbrn_consumers.tail import Unreadable

        if not isinstance(alert, Unreadable) and not isinstance(alert.event, BusAlarm):
            print_details(self._console, alert.event, self._lang)

    def _lines(self, alert: Alert | Unreadable) -> Text:
        """Put a narrow terminal's cells below one another: the event on a line, what is asked for indented below it."""
        from rich.text import Text

        time, severity, what, *order = self._cells(alert)
        rest = [
            Text.assemble(f"  {self._ui(head)}: ", cell)
            for head, cell in zip(HEADS[3:], order, strict=True)
            if cell.plain
        ]
        return Text("\n").join([Text("  ").join([time, severity, what]), *rest])

    def _row(self, cells: list[Text]) -> Table:
        from rich.table import Table

        table = Table.grid(padding=(0, 1), expand=True)
        for width, ratio in COLUMNS:
            table.add_column(width=width, ratio=ratio, overflow="fold")
        table.add_row(*cells)
        return table

    def _ui(self, code: str) -> str:
        from cbrn_schemas.catalogue.words import word

        return word("ui", code, self._lang)

    def _cells(self, alert: Alert | Unreadable) -> list[Text]:
        from cbrn_consumers.tail import Unreadable
        from cbrn_schemas.catalogue.written import local_time

        time = shown(local_time(alert.origin.timestamp, "%d.%m %H:%M:%S"))
        if isinstance(alert, Unreadable):
            return [time, shown("?", "bold red"), shown(f"{alert.error}"), *([shown("")] * 5), shown(alert.error.hint)]
        return [time, *self._event_cells(alert), *self._order_cells(alert)]

    def _event_cells(self, alert: Alert) -> list[Text]:
        from cbrn_schemas.catalogue.naming import body_name, place_name
        from cbrn_schemas.catalogue.words import word
        from cbrn_schemas.duty import OverdueAlarm
        from cbrn_schemas.records import Alarm
        from cbrn_schemas.unanswered import Silent, Unanswered

        event = alert.event
        if isinstance(event, Alarm):
            reason = word("reason", event.reason, self._lang)
            what = f"{self._ui('quarantined')}: {reason} ({event.where}) {event.quarantine_id}"
            return [shown("!", "bold red"), shown(what), shown(""), shown(body_name(event.body, self._lang))]
        if isinstance(event, Unanswered | Silent):
            return [shown("!", "bold red"), shown(event.headline_in(self._lang)), shown(""), shown("")]
        if isinstance(event, OverdueAlarm):
            what = f"{word('kind', event.kind, self._lang)}: {getattr(event.title, self._lang)} {event.duty}"
            return [shown("!", "bold red"), shown(what), shown(""), shown("")]
        text = event.texts.get(self._lang) or next(iter(event.texts.values()), None)
        what = word("kind", event.kind, self._lang) + ("" if text is None else f": {text.headline}")
        what = " · ".join(filter(None, (self._news(event), what, getattr(event, "situation", None))))
        severity = word("severity", event.severity, self._lang)
        return [
            shown(severity, SEVERITY_STYLES.get(event.severity, "")),
            shown(what),
            shown(place_name(alert.place, self._lang)),
            shown(body_name(event.body, self._lang)),
        ]

    def _news(self, event: Any) -> str:
        """Say whether it corrects or ends what was told before: an all-clear must not look like an alert."""
        from cbrn_schemas.catalogue.words import word

        message_type = getattr(event, "message_type", "Alert")
        return "" if message_type == "Alert" else word("message_type", message_type, self._lang).upper()

    def _order_cells(self, alert: Alert) -> list[Text]:
        from cbrn_schemas.catalogue.naming import words_of
        from cbrn_schemas.catalogue.words import word
        from cbrn_schemas.catalogue.written import local_time

        role = "" if alert.role is None else word("role", alert.role, self._lang)
        warnings = words_of("doubt", alert.warnings, self._lang)
        if alert.restricted:
            warnings = ", ".join(filter(None, (self._ui("restricted"), warnings)))
        return [
            shown(role, "bold" if alert.role == "lead" else ""),
            shown(", ".join(alert.rules)),
            shown("" if alert.acknowledge_by is None else local_time(alert.acknowledge_by, "%d.%m %H:%M")),
            shown(warnings, "yellow"),
        ]


def print_details(console: Console, event: AnyEvent, lang: Language) -> None:
    """Lay out what an event says field by field, indented below its line; nothing where it says nothing."""
    from rich.padding import Padding

    from cbrn_schemas.details import details

    text = " · ".join(map(str, details(event, lang)))
    if text:
        console.print(Padding(shown(text, "dim"), (0, 0, 0, 2), expand=False))

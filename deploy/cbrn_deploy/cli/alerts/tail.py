"""`cbrn tail`: what a body receives, as records for people or as JSON lines for machines. It takes part in nothing."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cbrn_deploy.cli.invocation import EXIT_INTERRUPTED, Invocation
from cbrn_deploy.cli.parameters import BodyArgument, body_code
from cbrn_deploy.cli.printing import as_typed, console, json_text, shown

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from cbrn_consumers.alert import Alert
    from cbrn_consumers.tail import Unreadable
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings
    from cbrn_schemas.topics import Lane

SEVERITY_STYLES = {"Extreme": "bold white on red", "Severe": "bold red", "Moderate": "yellow", "Minor": "green"}
MARK_STYLE = "reverse"


def severity_style(of: Any) -> str:
    """Return the style of a severity: an all-clear of an extreme event is no alarm."""
    ends = getattr(of, "message_type", "Alert") == "Cancel"
    return "green" if ends else SEVERITY_STYLES.get(of.severity, "")


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
    printer = print_json if call.as_json else AlertPrinter(call.language)
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


class AlertPrinter:
    """Records as they come, below one another: a name or an id stays in one piece, however wide the terminal is."""

    def __init__(self, lang: Language) -> None:
        self._lang: Language = lang
        self._console = console()

    def __call__(self, alert: Alert | Unreadable) -> None:
        """Print one."""
        from rich.padding import Padding
        from rich.text import Text

        from cbrn_schemas.catalogue.written import local_time

        head, name, said = self._head(alert)
        time = shown(local_time(alert.origin.timestamp, "%d.%m %H:%M:%S"))
        with self._console:  # a record is one write
            self._console.print(Text("  ").join([time, *head]))
            if name:
                self._console.print(shown(f"  {name}", "bold"), soft_wrap=True)
            for line in (said, *self._order(alert)):
                self._console.print(Padding(line, (0, 0, 0, 2), expand=False))
            self._print_details(alert)

    def _print_details(self, alert: Alert | Unreadable) -> None:
        """Lay out what the event says field by field, below it; of an alarm of the watch what is to be done."""
        from rich.padding import Padding

        from cbrn_consumers.alert import BusAlarm
        from cbrn_consumers.tail import Unreadable
        from cbrn_schemas.held_alarm import HeldAlarm
        from cbrn_schemas.unanswered import Silent, Unanswered

        if isinstance(alert, Unreadable):
            return
        if isinstance(alert.event, Unanswered | Silent | HeldAlarm):
            text = alert.event.texts[self._lang]
            for said, style in ((text.description, "dim"), (text.instruction, "")):
                if said:
                    self._console.print(Padding(shown(as_typed(said), style), (0, 0, 0, 2), expand=False))
        elif not isinstance(alert.event, BusAlarm):
            print_details(self._console, alert.event, self._lang)

    def _head(self, alert: Alert | Unreadable) -> tuple[list[Text], str, Text]:
        """Return how bad it is, with its marks; what it is called; what it says."""
        from cbrn_consumers.tail import Unreadable
        from cbrn_schemas.catalogue.words import word
        from cbrn_schemas.duty import OverdueAlarm
        from cbrn_schemas.events import key_of
        from cbrn_schemas.held_alarm import HeldAlarm
        from cbrn_schemas.marks import marks
        from cbrn_schemas.records import Alarm
        from cbrn_schemas.unanswered import Silent, Unanswered

        alarm = shown("!", "bold red")
        if isinstance(alert, Unreadable):
            return [alarm, shown(self._ui("unreadable"))], "", shown(f"{alert.error}. {alert.error.hint}")
        event = alert.event
        if isinstance(event, Alarm):
            reason = word("reason", event.reason, self._lang)
            return [alarm, shown(self._ui("quarantined"))], event.quarantine_id, shown(f"{reason} ({event.where})")
        found = marks(event, self._lang, restricted=alert.restricted, exercise=alert.exercise)
        set_apart = [shown(mark, MARK_STYLE) for mark in found]
        if isinstance(event, Silent):
            return [alarm, *set_apart], "", shown(event.headline_in(self._lang))
        severity = shown(word("severity", event.severity, self._lang), severity_style(event))
        if isinstance(event, Unanswered | HeldAlarm):
            name = event.situation if isinstance(event, Unanswered) else event.copy_id
            return [alarm, severity, *set_apart], name, shown(event.headline_in(self._lang))
        kind = word("kind", event.kind, self._lang)
        if isinstance(event, OverdueAlarm):
            return [alarm, shown(kind)], event.duty, shown(getattr(event.title, self._lang))
        text = alert.text(self._lang)
        said = shown(kind if text is None else f"{kind}: {text.headline}")
        return [severity, *set_apart], key_of(event), said

    def _order(self, alert: Alert | Unreadable) -> list[Text]:
        """Return place and publisher, what is asked of the body and why, what is doubtful."""
        from cbrn_consumers.tail import Unreadable
        from cbrn_schemas.catalogue.naming import body_name, place_name, words_of
        from cbrn_schemas.catalogue.words import word
        from cbrn_schemas.catalogue.written import local_time

        if isinstance(alert, Unreadable):
            return []
        event = alert.event
        ends = getattr(event, "message_type", "Alert") == "Cancel"
        due = None if ends else alert.acknowledge_by  # after an all-clear nothing is to be answered
        lines = (
            {
                "place": place_name(alert.place, self._lang) if alert.place else "",
                "from": "" if alert.publisher is None else body_name(alert.publisher, self._lang),
                "role": "" if alert.role is None else word("role", alert.role, self._lang),
                "deadline": "" if due is None else local_time(due, "%d.%m %H:%M"),
            },
            {"rule": ", ".join(alert.rules), "warnings": words_of("doubt", alert.warnings, self._lang)},
        )
        given = ({self._ui(head): text for head, text in line.items() if text} for line in lines)
        return [shown(" · ".join(f"{head}: {text}" for head, text in line.items())) for line in given if line]

    def _ui(self, code: str) -> str:
        from cbrn_schemas.catalogue.words import word

        return word("ui", code, self._lang)


def print_details(console: Console, event: AnyEvent, lang: Language) -> None:
    """Lay out what an event says field by field, indented below its line; nothing where it says nothing."""
    from rich.padding import Padding

    from cbrn_schemas.details import details

    text = " · ".join(map(str, details(event, lang)))
    if text:
        console.print(Padding(shown(text, "dim"), (0, 0, 0, 2), expand=False))

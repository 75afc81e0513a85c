"""`cbrn route`: the decision for an event, without a broker and without consequences."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cbrn_deploy.cli.completion import complete_event_files
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import BookOption, OnOption, content_of, parse_day
from cbrn_deploy.cli.printing import console, json_text, print_warnings, shown

if TYPE_CHECKING:
    from rich.console import Console

    from cbrn_producers.dry_run import DryRun
    from cbrn_routing.decision import Decision
    from cbrn_schemas.events import AnyEvent
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.topics import Realm


NOON = time(12)
"""A day stands for its noon."""


@Invocation.takes("realm", "servers", "lang", "json")
def route(
    call: Invocation,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="Event or CloudEvent, JSON or YAML; - reads stdin.",
            autocompletion=complete_event_files,
        ),
    ],
    *,
    book: BookOption = "national",
    on: OnOption = None,
) -> None:
    """Say who would be told of the event in FILE, in which role and by which rule; nothing is sent.

    For an event that the bus would set aside it says where and why, with exit status 2. The bus is asked only for a
    rule book whose digest is not at hand.
    """
    from cbrn_producers.dry_run import dry_run
    from cbrn_schemas.errors import InvalidEventError
    from cbrn_schemas.events import key_of
    from cbrn_schemas.events.time import LOCAL_TIME

    now = datetime.now(UTC) if on is None else datetime.combine(parse_day(on), NOON, LOCAL_TIME)
    content = content_of(file)
    try:
        one = read_one(file, content, call.realm)
    except InvalidEventError as error:
        raise call.refused(error) from None
    rules, name = call.book(book).book, one.id or key_of(one.event)
    dry = dry_run(one.event, name, realm=call.realm, book=rules, now=now, lang=call.language)
    if call.as_json:
        print(json_text(dry.as_json()))
    else:
        _print(dry, call.language)


class One(NamedTuple):
    """The only event of a file."""

    id: str | None
    event: AnyEvent


def read_one(file: str, content: bytes, realm: Realm) -> One:
    """Read the event that a file holds, and check it as the bus would.

    Raises:
        InvalidEventError: the bus would put it into quarantine.
    """
    from cbrn_producers import TooLargeError
    from cbrn_producers.files import FileEvent, Refusal, read_events
    from cbrn_producers.outgoing import Sender, check_sender, prepare
    from cbrn_schemas.errors import InvalidEventError, Reason
    from cbrn_schemas.events import parse_event

    found = list(read_events(file, content))
    if len(found) != 1:
        raise InvalidEventError(
            Reason.INVALID_VALUE,
            where="value",
            message=f"the file holds {len(found)} events",
            hint="Give one event; `cbrn publish --dry-run` checks many.",
        )
    try:
        if isinstance(found[0], Refusal):
            raise found[0].error
        one: FileEvent = found[0]
        event = parse_event(one.data)
        sender = Sender(event.body, None, realm)
        check_sender(sender)
        prepare(one.data, sender, event_id=one.id)
    except TooLargeError as error:
        raise InvalidEventError(Reason.TOO_LARGE, where="value", message=str(error), hint=error.hint) from None
    return One(one.id, event)


def _print(dry: DryRun, lang: Language) -> None:
    from cbrn_deploy.cli.alerts.tail import print_details
    from cbrn_deploy.cli.duties.screen import duty_line
    from cbrn_deploy.cli.events.place_screen import how_found
    from cbrn_schemas.catalogue.naming import place_name
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.catalogue.written import number

    decision, place = dry.routed.decision, dry.routed.place
    out = console()
    kind, severity = word("kind", dry.event.kind, lang), word("severity", dry.event.severity, lang)
    named = [
        ", ".join(place_name(code, lang) for code in (each.district, each.region, each.country) if code)
        for each in (place, *dry.routed.further_places)
    ]
    where = " + ".join(name for name in named if name)
    out.print(shown(f"{kind} · {severity} · {where or word('ui', 'unknown', lang)} · {dry.realm}", "bold"))
    print_details(out, dry.event, lang)
    for label, countries in (("neighbours", place.neighbours), ("downstream", place.downstream)):
        if countries:
            names = ", ".join(place_name(code, lang) for code in sorted(countries))
            out.print(shown(f"{word('ui', label, lang)}: {names}"))
    for label, text in how_found(place, lang):
        out.print(shown(f"{label}: {text}"))
    print_warnings(out, dry.warnings, lang)
    _print_told(out, decision, lang)
    if decision.acknowledge_within_s is not None:
        minutes = f"{number(decision.acknowledge_within_s / 60, lang)} {word('ui', 'minutes', lang)}"
        out.print(shown(f"{word('ui', 'acknowledge', lang)}: {minutes}"))
    for duty in dry.duties:
        out.print(shown(f"{word('ui', 'duty', lang)}: {duty_line(duty, lang)}"))


def _print_told(out: Console, decision: Decision, lang: Language) -> None:
    """Print who is told, then the partners; what is said of all of these stands above them: rules need the room."""
    from rich.table import Table

    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word

    told = [(word("role", each.role.code, lang), each.body, each.rules) for each in decision.recipients]
    held = [("", each.body, each.rules) for each in decision.partners]
    width = max((len(role) for role, _, _ in told), default=0)
    for rows in filter(None, (told, held)):
        if rows is held:
            out.print(shown(word("ui", "partners", lang), "bold"))
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=rows is told)
        for head in ("role", "to", "rule"):
            table.add_column(word("ui", head, lang), overflow="fold", min_width=width if head == "role" else None)
        for role, body, rules in rows:
            table.add_row(shown(role), shown(body_name(body, lang)), shown(", ".join(rules)))
        out.print(table)

"""`cbrn silence`: declare, list and end silences of a body's inbox. What is silenced still stands on the bus."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.invocation import App, Invocation
from cbrn_deploy.cli.parameters import BodyArgument, body_code, moment, span
from cbrn_deploy.cli.printing import complain, console, json_text, printable, shown

if TYPE_CHECKING:
    from datetime import datetime

    from rich.text import Text

    from cbrn_consumers.inbox import ActiveSilence, Inbox
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.silence import Scope, Silence

app = App("Quieten what repeats in an inbox: declare, list, end.")

HEADS = ("state", "silence", "scope", "begins", "until", "author", "reason")


@app.command("add")
@Invocation.takes("realm", "servers", "lang", "json")
def add(
    call: Invocation,
    body: BodyArgument,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, so that the next watch understands it.")],
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=VALUE",
            help="situation=, station=, or two of: kind= or hazard=; district= or region=; publisher=. Repeatable.",
        ),
    ],
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="How long: 90m, 2h, 3d; at most 7d.")],
    by: Annotated[str, typer.Option(metavar="PERSON", help="Who answers for it: surname and post.")],
    starts: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="When it begins.  [default: now]", show_default=False),
    ] = None,
) -> None:
    """Declare a silence; the answer says what it hides now, and what stays visible in spite of it.

    It never covers what is extreme or threatens life, what BODY leads, what was passed on for want of an answer, the
    bus's own alarms, nor anything graver than what stands in its scope now. When it ends, what it hid is told.
    """
    from datetime import UTC, datetime

    from cbrn_consumers.inbox import declaring

    now = datetime.now(UTC)
    begin = moment(starts, now) or now
    fields = {"author": by, "reason": reason, "created": now, "starts": begin, "expires": begin + span(lasts)}
    silence, inbox = call.run(declaring.declare(call.settings, body_code(body), _scope(scope), fields))
    _show_added(silence, inbox, now, call.language, as_json=call.as_json)


@app.command("list")
@Invocation.takes("realm", "servers", "lang", "json")
def list_silences(
    call: Invocation,
    body: BodyArgument,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
) -> None:
    """List the silences of BODY: state, scope, until when, by whom, why."""
    from datetime import UTC, datetime

    from cbrn_consumers.inbox.reader import read_silences

    silences = call.run(read_silences(call.settings, body_code(body)))
    now = datetime.now(UTC)
    listed = [each for each in silences.standing.values() if everything or now < each.until]
    for warning in silences.warnings:
        complain(warning)
    if call.as_json:
        from cbrn_consumers.inbox.as_json import silence_json

        for each in listed:
            print(json_text(silence_json(each, now)))
    else:
        _print_table(listed, now, call.language)


@app.command("end")
@Invocation.takes("realm", "servers", "json")
def end(
    call: Invocation,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Id of the silence, as the list shows it.")],
    *,
    by: Annotated[
        str | None, typer.Option(metavar="PERSON", help="Who ends it.  [default: this machine's user]")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.", show_default=False)] = None,
) -> None:
    """End a silence before its time. What it hid is told; the silence stays in the history."""
    from datetime import UTC, datetime

    from cbrn_consumers.inbox import declaring
    from cbrn_schemas.silence import declare_end

    now = datetime.now(UTC)
    author = by or getpass.getuser()
    call.run(declaring.end(call.settings, declare_end(identifier, author=author, reason=reason, at=now), now))
    if call.as_json:
        print(json_text({"ended": identifier, "author": author}))
    else:
        print(f"ended {printable(identifier)}")


def _scope(given: list[str]) -> Scope:
    from cbrn_schemas.silence import SilenceError, scope_of

    fields: dict[str, str] = {}
    for each in given:
        for part in each.split(","):
            name, equals, value = part.partition("=")
            if not equals or name in fields:
                raise SilenceError(f"{part!r} is not key=value, or stands twice", where="scope", hint=SCOPE_HINT)
            fields[name.strip()] = value.strip()
    return scope_of(fields)


SCOPE_HINT = "For instance --scope station=minkush-gamma-1, or --scope kind=gamma-dose-rate --scope region=KG-N."


def _show_added(silence: Silence, inbox: Inbox, now: datetime, lang: Language, *, as_json: bool) -> None:
    from cbrn_consumers.inbox.declaring import effect_of
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.catalogue.written import local_time

    hides, stays = effect_of(silence, inbox, now)
    if as_json:
        found = {"hides": [group.key.name for group in hides], "stays": [group.key.name for group in stays]}
        print(json_text(json.loads(silence.model_dump_json()) | found))
        return
    print(f"{word('ui', 'silence', lang)} {silence.id}")
    print(f"  {word('ui', 'until', lang)}: {local_time(silence.expires, '%d.%m %H:%M')}")
    print(f"  {word('ui', 'severity', lang)}: <= {word('severity', silence.severity_max, lang)}")
    for group in hides:
        print(f"  {word('ui', 'hidden', lang)}: {printable(group.key.name)} ({group.count})")
    for group in stays:
        why = ", ".join(word("protection", each, lang) for each in sorted(group.protection))
        print(f"  {word('ui', 'not-silenced', lang)}: {printable(group.key.name)}{f' ({why})' if why else ''}")


def _print_table(listed: list[ActiveSilence], now: datetime, lang: Language) -> None:
    from rich.table import Table

    from cbrn_schemas.catalogue.words import word

    if not listed:
        print(word("ui", "none", lang))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in HEADS:
        # An id is there to be copied: it stays in one piece, whatever has to be folded for it.
        table.add_column(word("ui", head, lang), overflow="fold", no_wrap=head == "silence")
    for each in listed:
        style = "" if each.in_force(now) else "dim"
        table.add_row(*_cells(each, now, lang), style=style)
    console().print(table)


def _cells(active: ActiveSilence, now: datetime, lang: Language) -> list[Text]:
    """Return state, id, scope, from, until, by whom, why."""
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.catalogue.written import local_time

    silence, end = active.silence, active.end
    state = word("silence_state", active.state(now), lang)
    if end is not None:
        state += f" ({end.author}{'' if end.reason is None else f': {end.reason}'})"
    begins, ends = (local_time(moment, "%d.%m %H:%M") for moment in (active.since, active.until))
    texts = (state, silence.id, str(silence.scope), begins, ends, silence.author, silence.reason)
    return [shown(text) for text in texts]

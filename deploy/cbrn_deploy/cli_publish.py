"""`cbrn publish`: events from files onto the bus, each with its answer."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.invocation import (
    EXIT_FAILED,
    Invocation,
    JsonOption,
    RealmOption,
    ServersOption,
    json_text,
    printable,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cbrn_producers.files import Accepted, FileEvent, Refusal
    from cbrn_schemas.settings import Settings


def publish(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="JSON event, JSON array or JSON lines; - reads standard input."),
    ],
    *,
    body: Annotated[str, typer.Option("--as", metavar="BODY", help="Code of the body that publishes, such as mes.")],
    system: Annotated[
        str | None, typer.Option(help="Post or program that speaks for the body.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; nothing is sent.")] = False,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the events in FILE... as BODY.

    Each event is checked and answered for by itself: the good ones are published, and each one refused is named with
    file:line, field and remedy. The exit status is 1 if any was refused. An event without an id gets one from its
    bytes, so publishing a file again counts each event once. A structured CloudEvent keeps its id, source, time and
    extensions.
    """
    from cbrn_producers.files import Refusal, check_events

    settings = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers).settings
    events = _read(files)
    if dry_run:
        from cbrn_producers.outgoing import Sender, check_sender

        sender = Sender(body, system, settings.realm)
        check_sender(sender)
        outcomes: Iterable[Accepted | Refusal] = check_events(events, sender)
    else:
        outcomes = run(_publish(settings, body, system, events))
    accepted = refused = 0
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            refused += 1
        else:
            accepted += 1
        print(json_text(_as_json(outcome)) if as_json else _sentence(outcome))
    if not as_json:
        print(f"{accepted} {'would be ' if dry_run else ''}published, {refused} refused")
    if refused:
        raise typer.Exit(EXIT_FAILED)


def _read(files: list[str]) -> Iterator[FileEvent | Refusal]:
    from cbrn_producers.files import read_events

    for name in files:
        if name == "-":
            yield from read_events("(stdin)", sys.stdin.buffer.read())
        else:
            yield from read_events(name, Path(name).read_bytes())


async def _publish(
    settings: Settings, body: str, system: str | None, events: Iterable[FileEvent | Refusal]
) -> list[Accepted | Refusal]:
    from cbrn_producers import Agency
    from cbrn_producers.files import publish_events

    given = list(events)  # files are read before a connection is opened
    async with Agency(body, system=system, settings=settings) as agency:
        return await publish_events(agency, given)


def _sentence(outcome: Accepted | Refusal) -> str:
    from cbrn_producers.files import Refusal

    place = printable(str(outcome.place))
    if isinstance(outcome, Refusal):
        return f"{place}: refused: {printable(str(outcome.error))}\n    {printable(outcome.error.hint)}"
    if outcome.receipt is None:
        return f"{place}: good, id {printable(outcome.id)}"
    receipt = outcome.receipt
    return f"{place}: published, id {printable(outcome.id)}, {receipt.topic}/{receipt.partition}/{receipt.offset}"


def _as_json(outcome: Accepted | Refusal) -> dict[str, Any]:
    from cbrn_producers.errors import RefusedEventError
    from cbrn_producers.files import Refusal

    answer: dict[str, Any] = {"file": outcome.place.file, "line": outcome.place.line}
    if isinstance(outcome, Refusal):
        error = outcome.error
        if isinstance(error, RefusedEventError):
            answer |= {"error": error.message, "reason": error.reason.value, "where": error.where}
        else:
            answer |= {"error": str(error), "reason": type(error).__name__, "where": None}
        return answer | {"hint": error.hint}
    answer["id"] = outcome.id
    if outcome.receipt is not None:
        answer |= {
            "topic": outcome.receipt.topic,
            "partition": outcome.receipt.partition,
            "offset": outcome.receipt.offset,
        }
    return answer

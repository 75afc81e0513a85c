"""`cbrn quarantine`: what nobody could read, why, and its way back onto the bus. Nothing is ever deleted."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import base64
import getpass
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.cli.invocation import App, Invocation
from cbrn_deploy.cli.parameters import SignersOption, UsageError
from cbrn_deploy.cli.person import BodyOption, KeyOption, person
from cbrn_deploy.cli.printing import as_typed, console, json_text, printable, shown

if TYPE_CHECKING:
    from cbrn_consumers.quarantine import Item
    from cbrn_schemas.events.base import Language

SHOWN_BYTES_MAX: Final = 16_384
"""What fits a person's patience; the rest is for `--json`."""

app = App("Records that nobody could read: list, show, release.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="<topic>/<partition>/<offset>, as the list shows it.")]


@app.command("list")
@Invocation.takes("realm", "servers", "lang", "json")
def list_items(
    call: Invocation,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also what was released.")] = False,
) -> None:
    """List what waits in quarantine: reason, field and remedy."""
    from cbrn_consumers.quarantine import quarantined

    items = [item for item in call.run(quarantined(call.settings)).values() if everything or item.open]
    if call.as_json:
        for item in items:
            print(json_text(item_json(item)))
    else:
        _print_list(items, call.language)


@app.command("show")
@Invocation.takes("realm", "servers", "lang", "json")
def show_item(
    call: Invocation,
    identifier: IdArgument,
) -> None:
    """Show one record: why it is here, its headers and its bytes, with nothing that a terminal would obey."""
    from cbrn_consumers.quarantine import check_id, find_item, quarantined

    check_id(identifier)
    item = find_item(call.run(quarantined(call.settings)), identifier)
    if call.as_json:
        print(json_text(item_json(item)))
    else:
        _print_item(item, call.language)


@app.command("release")
@Invocation.takes("realm", "servers", "json")
def release_item(
    call: Invocation,
    identifier: IdArgument,
    *,
    by: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Who releases it.  [default: this machine's user]")
    ] = None,
    corrected: Annotated[
        Path | None, typer.Option("--with", metavar="FILE", help="The corrected event (JSON), instead of the original.")
    ] = None,
    new_id: Annotated[
        bool, typer.Option("--new-id", help="Give it a new id: for one that was used twice with different content.")
    ] = False,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Unchanged, though this program would set it aside again: routers differ.")
    ] = False,
    key: KeyOption = None,
    body: BodyOption = None,
    signers: SignersOption = None,
) -> None:
    """Put a record back into the topic it came from, as it was or corrected, and mark it as released.

    Key, headers and id stay the same. A record is released once; releasing it again is refused, and so is a record
    that would be set aside again. The decision stands on
    your body's own topic; `cbrn run quarantine` applies it, and its answer is shown. What came from another body than
    yours is released only with a key.
    """
    import uuid
    from datetime import UTC, datetime

    from cbrn_consumers.quarantine.persons import release

    if as_is and corrected is not None:
        raise UsageError("--as-is does not go with --with", "Choose one of them.")
    settings = call.settings
    who = person(settings, by or getpass.getuser(), key=key, body=body, signers=signers)
    done = call.run(
        release(
            settings,
            identifier,
            who,
            now=datetime.now(UTC),
            corrected=None if corrected is None else corrected.read_bytes(),
            new_id=str(uuid.uuid4()) if new_id else None,
            as_is=as_is,
        )
    )
    if call.as_json:
        print(json_text({"released": identifier, "topic": done.topic, "by": who.name}))
    else:
        print(f"released {printable(identifier)} into {done.topic}; if it is still wrong it comes back with a new id")


def item_json(item: Item) -> dict[str, Any]:
    """Return an item for machines; bytes in base64, and as text where they are UTF-8."""
    return {
        "id": item.id,
        "state": "open" if item.open else "released",
        "at": item.at,
        "body": item.body,
        "topic": item.topic,
        "reason": item.reason,
        "where": item.where,
        "message": item.message,
        "hint": item.hint,
        "key": _plain(item.key),
        "headers": [[name, _plain(content)] for name, content in item.headers],
        "value": _plain(item.value),
        "value_base64": None if item.value is None else base64.b64encode(item.value).decode(),
        "released_by": item.released_by,
        "released_at": item.released_at,
        "refused": [
            {"decision": one.decision, "by": one.by, "at": one.at, "why": one.why, "hint": one.hint}
            for one in item.refused
        ],
    }


def _plain(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "backslashreplace")


def _print_list(items: list[Item], lang: Language) -> None:
    """Print a paragraph an item; its id has a line to itself, since a person copies it."""
    from rich.padding import Padding

    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.records import remedy_in

    if not items:
        print(word("ui", "none", lang))
        return
    out = console()
    for item in items:
        style = "" if item.open else "dim"
        out.print(shown(item.id, style or "bold"), soft_wrap=True)
        lines = (
            f"{_local(item.at)} · {body_name(item.body, lang)}",
            f"{word('reason', item.reason, lang)}: {item.message}",
            f"{word('ui', 'field', lang)}: {item.where}",
            f"{word('ui', 'remedy', lang)}: {as_typed(remedy_in(lang, item.reason, item.hint))}",
        )
        for line in lines:
            out.print(Padding(shown(line, style), (0, 0, 0, 4)))
    print(f"{word('ui', 'read-whole', lang)}: {as_typed('cbrn quarantine show')} ID")


def _print_item(item: Item, lang: Language) -> None:
    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.records import remedy_in

    facts = {
        "ID": item.id,
        word("ui", "time", lang): _local(item.at),
        word("ui", "from", lang): body_name(item.body, lang),
        word("ui", "reason", lang): f"{word('reason', item.reason, lang)} ({item.reason})",
        word("ui", "field", lang): f"{item.where}: {item.message}",
        word("ui", "remedy", lang): as_typed(remedy_in(lang, item.reason, item.hint)),
    }
    if not item.open:
        facts["released"] = f"{item.released_by}, {_local(item.released_at or '')}"
    for label, fact in facts.items():
        print(f"{label + ':':<14} {printable(fact)}")
    for one in item.refused:
        said = f"{one.by or '?'}, {_local(one.at)}, {one.decision}: {one.why}. {as_typed(one.hint)}"
        print(f"{word('ui', 'refused', lang) + ':':<14} {printable(said)}")
    print(f"\nkey            {printable(_plain(item.key) or '')}")
    for name, content in item.headers:
        print(f"{printable(name):<14} {printable('(no value)' if content is None else _plain(content) or '')}")
    data = item.value or b""
    print(f"\n{len(data)} B{'' if len(data) <= SHOWN_BYTES_MAX else f', the first {SHOWN_BYTES_MAX} (all: --json)'}")
    for line in (_plain(data[:SHOWN_BYTES_MAX]) or "").split("\n"):
        print(printable(line))


def _local(at: str) -> str:
    """Write a moment of the bus by this machine's clock; as it is where a strange record says something else."""
    from cbrn_schemas.catalogue.written import local_time

    with suppress(ValueError, OverflowError):
        return local_time(datetime.fromisoformat(at), "%d.%m.%Y %H:%M:%S")
    return at

"""`cbrn feeds reader ...`: who may read which feeds; needs no broker, only the file of readers."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.invocation import App, Invocation, require_part
from cbrn_deploy.cli.parameters import UsageError, body_code
from cbrn_deploy.cli.printing import json_text, printable
from cbrn_schemas.catalogue.written import local_time

if TYPE_CHECKING:
    from cbrn_consumers.feeds.readers import Reader

app = App("Who may read the feeds: add, list, remove. The file is CBRN_FEED_READERS, or one in the data folder.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The reader, such as kz-duty-centre.")]


@app.command("add")
@Invocation.takes("json")
def add(
    call: Invocation,
    name: NameArgument,
    *,
    feed: Annotated[
        list[str], typer.Option(metavar="BODY", help="The partner or body whose feed it may read. May be repeated.")
    ],
    network: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NETWORK",
            help="From where it reads, such as 192.0.2.0/24. May be repeated.  [default: from everywhere]",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, such as the letter that asks for it.")],
) -> None:
    """Add a reader. Its token is made and printed once: nobody can find it again, only give another one."""
    require_part("partners")
    from cbrn_consumers.feeds.readers import add_reader, readers_path

    if not reason.strip():
        raise UsageError("why? No reason is given", "Say it with --reason, such as the letter that asks for it.")
    feeds = [body_code(each) for each in feed]
    path = readers_path(call.settings)
    reader, token = add_reader(path, name, feeds, network or (), reason=reason, now=datetime.now(UTC))
    if call.as_json:
        print(json_text({**_plain(reader), "token": token}))
        return
    print(printable(f"{reader.name} may read {', '.join(reader.feeds)} from {_networks(reader)}"))
    print(f"Its token, shown this once: {token}")


@app.command("list")
@Invocation.takes("json")
def list_readers(call: Invocation) -> None:
    """List the readers, without their tokens."""
    require_part("partners")
    from cbrn_consumers.feeds.readers import read_readers, readers_path

    found = read_readers(readers_path(call.settings))
    if call.as_json:
        print(json_text([_plain(each) for each in found]))
        return
    if not found:
        print("no reader is named: whoever has no token may read the public feed alone")
    for each in found:
        added = local_time(each.added, "%Y-%m-%d")
        line = f"{each.name}: {', '.join(each.feeds)} from {_networks(each)}, since {added}: {each.reason}"
        print(printable(line))


@app.command("remove")
@Invocation.takes()
def remove(call: Invocation, name: NameArgument) -> None:
    """Take a reader away: its token opens nothing from now on."""
    require_part("partners")
    from cbrn_consumers.feeds.readers import readers_path, remove_reader

    remove_reader(readers_path(call.settings), name)
    print(printable(f"{name} may read nothing any more"))


def _networks(reader: Reader) -> str:
    return ", ".join(reader.networks) or "everywhere"


def _plain(reader: Reader) -> dict[str, Any]:
    return reader.model_dump(mode="json", exclude={"token"})

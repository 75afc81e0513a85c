"""`cbrn feeds status`: what the feeds of this machine hold, and which endpoint takes no documents."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation, require_part
from cbrn_deploy.cli.parameters import body_code
from cbrn_deploy.cli.printing import complain, json_text, printable
from cbrn_schemas.catalogue.written import local_time

if TYPE_CHECKING:
    from cbrn_consumers.feeds.status import EndpointFigures, Status


@Invocation.takes("realm", "json")
def status(
    call: Invocation,
    *,
    body: Annotated[
        str | None,
        typer.Option(
            metavar="BODY",
            help="The body whose alerts are served.  [default: the feeds of partners]",
            autocompletion=complete_bodies,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show what the feeds served from this machine hold, and how webhooks do. Status 1 where one takes no documents."""
    require_part("partners")
    from cbrn_consumers.feeds.status import status_of
    from cbrn_consumers.feeds.store import store_path

    found = status_of(store_path(call.settings, None if body is None else body_code(body)))
    if call.as_json:
        print(json_text(_plain(found), default=str))
    else:
        _show(found)
    if any(each.failures for each in found.endpoints):
        raise typer.Exit(1)


def _plain(found: Status) -> dict[str, object]:
    return {
        "complete": found.complete,
        "feeds": [each._asdict() for each in found.feeds],
        "endpoints": [each._asdict() for each in found.endpoints],
    }


def _show(found: Status) -> None:
    if not found.complete:
        complain("the feeds are not filled yet, and nobody is shown them", "Is `cbrn run feeds` running, and Kafka?")
    for each in found.feeds:
        changed = local_time(each.changed, "%Y-%m-%d %H:%M:%S")
        print(f"{each.feed}: {each.in_force} in force, {each.documents} kept, changed {changed}")
    for one in found.endpoints:
        print(printable(f"{one.endpoint} ({one.feed}): {_endpoint(one)}"))


def _endpoint(one: EndpointFigures) -> str:
    counts = f"{one.sent} sent, {one.waiting} waiting"
    if one.not_taken:
        counts += f", {one.not_taken} NOT TAKEN"
    if not one.failures or one.since is None:
        return counts
    since = local_time(one.since, "%Y-%m-%d %H:%M:%S")
    return f"{counts}; FAILS since {since} ({one.failures} attempts): {one.why}"

"""`cbrn run ROLE`: one process of the bus; `cbrn up`: the whole bus on this machine."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the type at run time
from typing import Annotated, Literal

import typer

from cbrn_deploy.cli.invocation import App, Invocation, RealmOption, ServersOption

app = App(no_args_is_help=True, help="Run one process of the bus.")

LaneOption = Annotated[Literal["incidents", "monitoring"], typer.Option(help="Which lane to route.")]


@app.command("router")
def router(
    context: typer.Context,
    *,
    lane: LaneOption,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    instance: Annotated[
        str | None,
        typer.Option(
            help="Stable name of this process among the lane's routers, such as its unit's number: a restart then "
            "resumes at once. Two processes with one name would fight for ever.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Route one lane until SIGTERM or Ctrl-C. Start as many as there are shards; each takes its share."""
    from cbrn_deploy.processes.router import run_router
    from cbrn_schemas.topics import Lane

    invocation = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers)
    run_router(invocation.settings, Lane(lane), instance)


@app.command("duties")
def duties(
    context: typer.Context,
    *,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
) -> None:
    """Keep the duties to others: draft, apply decisions, remind.

    One for a realm. It sends nothing abroad: drafts wait for `cbrn duties release`.
    """
    from cbrn_consumers.duties import Clerk
    from cbrn_deploy.cli.invocation import run
    from cbrn_deploy.processes.keepers import run_keeper

    run(run_keeper(Clerk(Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers).settings)))


@app.command("quarantine")
def quarantine(
    context: typer.Context,
    *,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
) -> None:
    """Release quarantined records as persons decide.

    One for a realm. Persons decide with `cbrn quarantine release`.
    """
    from cbrn_consumers.quarantine.keeper import QuarantineKeeper
    from cbrn_deploy.cli.invocation import run
    from cbrn_deploy.processes.keepers import run_keeper

    run(run_keeper(QuarantineKeeper(Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers).settings)))


def up(
    context: typer.Context,
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the broker's data.  [default: CBRN_DATA_DIR or .cbrn]", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the broker on 127.0.0.1.")] = 9092,
    realm: RealmOption = None,
) -> None:
    """The whole bus on this machine, data kept: broker, topics, both routers, clerk and keeper. Ctrl-C ends it."""
    from cbrn_deploy.cli.invocation import require_whole_bus, run
    from cbrn_deploy.cli.operations.kafka import broker_log_shown

    require_whole_bus()
    from cbrn_deploy.kafka import EmbeddedKafka, download_bar
    from cbrn_deploy.processes.up import bring_up

    settings = Invocation.of(context, realm=realm).settings
    # Here and not in the event loop: a download that Ctrl-C interrupts must end at once.
    with download_bar() as progress:
        EmbeddedKafka.fetch(progress)
    with broker_log_shown():
        run(bring_up(settings, data or settings.data_dir, port))

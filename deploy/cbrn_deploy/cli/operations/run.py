"""`cbrn run ROLE`: one process of the bus."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import App, Invocation, require_part
from cbrn_deploy.cli.operations import run_abroad
from cbrn_deploy.cli.operations.coming_as import own_settings
from cbrn_deploy.cli.parameters import PublisherOption, body_code
from cbrn_deploy.processes.beginning_anew import begins_anew

app = App("Run one process of the bus.")

LaneOption = Annotated[Literal["incidents", "monitoring"], typer.Option(help="Which lane to route.")]


@app.command("router")
@Invocation.takes("realm", "servers")
@begins_anew
def router(
    call: Invocation,
    *,
    lane: LaneOption,
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

    call.configure_logs("warning")
    run_router(own_settings(call, f"router-{lane}"), Lane(lane), instance)


@app.command("duties")
@Invocation.takes("realm", "servers")
@begins_anew
def duties(call: Invocation) -> None:
    """Keep the duties to others: draft, apply decisions, remind.

    One for a realm. It sends nothing abroad: drafts wait for `cbrn duties release`.
    """
    from cbrn_consumers.duties import Clerk
    from cbrn_deploy.processes.keepers import run_keeper

    call.run(run_keeper(Clerk(own_settings(call, Clerk.role))), "warning")


@app.command("quarantine")
@Invocation.takes("realm", "servers")
@begins_anew
def quarantine(call: Invocation) -> None:
    """Release quarantined records as persons decide.

    One for a realm. Persons decide with `cbrn quarantine release`.
    """
    from cbrn_consumers.quarantine.keeper import QuarantineKeeper
    from cbrn_deploy.processes.keepers import run_keeper

    call.run(run_keeper(QuarantineKeeper(own_settings(call, QuarantineKeeper.role))), "warning")


@app.command("watch")
@Invocation.takes("realm", "servers")
@begins_anew
def watch(
    call: Invocation,
    *,
    instance: Annotated[
        str | None,
        typer.Option(help="Stable name of this process among the realm's watches, as a router's.", show_default=False),
    ] = None,
) -> None:
    """Wait for answers until SIGTERM or Ctrl-C: what nobody acknowledges or accepts in time is passed on by policy.

    Start as many as there are shards, or one; each takes its share. `cbrn escalation` shows who is asked.
    """
    from cbrn_deploy.processes.watch import run_watch

    call.configure_logs("warning")
    run_watch(own_settings(call, "watch"), instance)


@app.command("gateway")
@Invocation.takes("realm", "servers", "lang")
@begins_anew
def gateway(
    call: Invocation,
    *,
    body: PublisherOption,
    system: Annotated[
        str | None, typer.Option(help="Post or program that speaks for the body.", show_default=False)
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; other than loopback only with a token.")
    ] = "127.0.0.1:8480",
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File, closed to others, with the token to ask for.", show_default=False),
    ] = None,
) -> None:
    """Take events over HTTP, for programs of BODY without a Kafka client. It answers when Kafka holds the event."""
    from cbrn_deploy.processes.gateway import run_gateway

    code = body_code(body)
    call.run(run_gateway(own_settings(call, "gateway", code), code, system, listen, token_file), "warning")


@app.command("notify")
@Invocation.takes("realm", "servers")
@begins_anew
def notify(
    call: Invocation,
    *,
    body: Annotated[str, typer.Option(metavar="BODY", help="Whose officers are told.", autocompletion=complete_bodies)],
    servers_file: Annotated[
        Path,
        typer.Option(
            "--channels", metavar="FILE", help="YAML file of mail server, SMS centre, webhooks.", show_default=False
        ),
    ],
) -> None:
    """Tell a body's officers by e-mail, SMS and more, and take their replies. One for a body.

    Officers and rota are those of CBRN_ROTA_DIR. These files hold numbers and passwords: nobody else may read them.
    """
    require_part("notify")
    from cbrn_deploy.processes.notify import run_notify

    code = body_code(body)
    call.run(run_notify(own_settings(call, "notify", code), code, servers_file), "warning")


@app.command("desk")
@Invocation.takes("realm", "servers")
@begins_anew
def desk(
    call: Invocation,
    *,
    body: Annotated[str, typer.Option(metavar="BODY", help="Whose desk it is.", autocompletion=complete_bodies)],
    all_bodies: Annotated[
        bool, typer.Option("--all", help="The crisis centre's desk: what all bodies were told and answered.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; other than loopback only behind TLS.")
    ] = "127.0.0.1:8490",
    behind_tls: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="How browsers reach it through a proxy with TLS: https://desk.moh.kg.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the duty officers' pages of BODY: what happened, who must answer by when, and the answers themselves.

    Its databases lie in CBRN_DATA_DIR, or where CBRN_DESK_DATABASE and CBRN_DESK_ACCOUNTS say. Accounts are kept with
    `cbrn desk account`.
    """
    require_part("desk")
    from cbrn_deploy.processes.desk import run_desk

    code = body_code(body)
    settings = own_settings(call, "desk", None if all_bodies else code)
    call.run(run_desk(settings, code, listen, all_bodies=all_bodies, behind_tls=behind_tls), "warning")


for name, command in run_abroad.COMMANDS.items():
    app.command(name)(command)

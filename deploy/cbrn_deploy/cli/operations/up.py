"""`cbrn up`: the whole bus on this machine."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the command, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cbrn_deploy.cli.completion import complete_bodies, complete_publishers
from cbrn_deploy.cli.invocation import Invocation, require_part, require_whole_bus
from cbrn_deploy.cli.parameters import PlaintextOption, UsageError, body_code


@Invocation.takes("realm")
def up(
    call: Invocation,
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the broker's data.  [default: CBRN_DATA_DIR or .cbrn]", show_default=False),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="N",
            help="Port of the broker on 127.0.0.1.  [default: that of CBRN_BOOTSTRAP_SERVERS, the last one, or 9092]",
            show_default=False,
        ),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option(
            metavar="BODY",
            help="Take events of this body over HTTP, too, at 127.0.0.1:8480.",
            autocompletion=complete_publishers,
            show_default=False,
        ),
    ] = None,
    desk: Annotated[
        str | None,
        typer.Option(
            metavar="BODY",
            help="Serve the duty officers' pages, too, at 127.0.0.1:8490: all situations to BODY's officers, to each "
            "other body's its own. `cbrn desk account add` adds who signs in.",
            autocompletion=complete_bodies,
            show_default=False,
        ),
    ] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BODY=FILE",
            help="Tell this body's officers, too, over the channels in FILE: `cbrn run notify`. May be repeated.",
            show_default=False,
        ),
    ] = None,
    feeds: Annotated[
        bool, typer.Option("--feeds", help="Serve what was released to partners, too, at 127.0.0.1:8470.")
    ] = False,
    inbound: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Take in what the partners in FILE send, too: `cbrn run inbound`.",
            show_default=False,
        ),
    ] = None,
    plaintext: PlaintextOption = False,
) -> None:
    """Run the whole bus on this machine, data kept: broker, topics, routers, clerk, keepers, watch. Ctrl-C ends it.

    Where CBRN_AGREEMENTS is set, also the keeper of partners, which lets copies go abroad (`cbrn partners`).
    Each process is a user of its own with the rights it needs. Yours is `admin`, who may do everything: other commands
    on this machine find its file, access/admin.cbrn in the data folder, by themselves.
    """
    from cbrn_deploy.cli.operations.kafka import broker_log_shown, in_the_clear, port_of

    require_whole_bus()
    from cbrn_deploy.kafka import EmbeddedKafka, broker_folder, download_bar
    from cbrn_deploy.processes.up import bring_up
    from cbrn_producers.outgoing import Sender, check_sender

    settings = call.settings
    if gateway is not None:
        gateway = body_code(gateway)
        check_sender(Sender(gateway, None, settings.realm))
    if desk is not None:
        require_part("desk")
        desk = body_code(desk)
    if settings.agreements is not None:
        require_part("formats")
    if feeds or inbound is not None:
        require_part("partners")
    if inbound is not None:
        from cbrn_producers.inbound.config import read_file

        read_file(inbound)  # here: later a log would say what is wrong
    told = _told(notify) if notify else {}
    # Here and not in the event loop: a download that Ctrl-C interrupts must end at once.
    with download_bar() as progress:
        EmbeddedKafka.fetch(progress)
    with broker_log_shown():
        folder = data or settings.data_dir
        where = port_of(settings, broker_folder(folder)) if port is None else port
        if plaintext:
            in_the_clear()
        bus = bring_up(
            settings,
            folder,
            where,
            gateway=gateway,
            desk=desk,
            notify=told,
            feeds=feeds,
            inbound=inbound,
            plaintext=plaintext,
        )
        call.run(bus, "warning")


def _told(given: list[str]) -> dict[str, Path]:
    """Read for which bodies officers are told, and check their files at once: later a log would say what is wrong."""
    require_part("notify")
    from cbrn_consumers.notify import read_servers

    found: dict[str, Path] = {}
    for each in given:
        name, equals, file = each.partition("=")
        if not equals or not file:
            raise UsageError(f"--notify {each}: no file is named", "Write it as --notify moh=moh-channels.yaml.")
        body = body_code(name)
        if body in found:
            raise UsageError(f"--notify names {body} twice", "Put all of its channels into one file.")
        found[body] = Path(file).resolve()
        read_servers(found[body])
    return found

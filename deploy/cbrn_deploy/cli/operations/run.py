"""`cbrn run ROLE`: one process of the bus; `cbrn up`: the whole bus on this machine."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cbrn_deploy.cli.completion import complete_bodies, complete_publishers
from cbrn_deploy.cli.invocation import App, Invocation, require_part, require_whole_bus
from cbrn_deploy.cli.parameters import PlaintextOption, PublisherOption, UsageError, body_code
from cbrn_deploy.processes.beginning_anew import begins_anew

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from cbrn_schemas.settings import Settings

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
    run_router(_settings(call, f"router-{lane}"), Lane(lane), instance)


@app.command("duties")
@Invocation.takes("realm", "servers")
@begins_anew
def duties(call: Invocation) -> None:
    """Keep the duties to others: draft, apply decisions, remind.

    One for a realm. It sends nothing abroad: drafts wait for `cbrn duties release`.
    """
    from cbrn_consumers.duties import Clerk
    from cbrn_deploy.processes.keepers import run_keeper

    call.run(run_keeper(Clerk(_settings(call, Clerk.role))), "warning")


@app.command("quarantine")
@Invocation.takes("realm", "servers")
@begins_anew
def quarantine(call: Invocation) -> None:
    """Release quarantined records as persons decide.

    One for a realm. Persons decide with `cbrn quarantine release`.
    """
    from cbrn_consumers.quarantine.keeper import QuarantineKeeper
    from cbrn_deploy.processes.keepers import run_keeper

    call.run(run_keeper(QuarantineKeeper(_settings(call, QuarantineKeeper.role))), "warning")


@app.command("partners")
@Invocation.takes("realm", "servers")
@begins_anew
def partners(call: Invocation) -> None:
    """Keep copies for partners abroad: let go what an agreement lets go, or persons whom it names.

    One for a realm. Agreements lie in the folder that CBRN_AGREEMENTS names; without one nothing leaves. Persons decide
    with `cbrn partners release`; documents are signed with CBRN_CAP_KEY.
    """
    require_part("formats")
    from cbrn_consumers.partners.service import PartnersService
    from cbrn_deploy.processes.keepers import run_keeper

    call.run(run_keeper(PartnersService(_settings(call, PartnersService.role))), "warning")


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
    run_watch(_settings(call, "watch"), instance)


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
    call.run(run_gateway(_settings(call, "gateway", code), code, system, listen, token_file), "warning")


@app.command("inbound")
@Invocation.takes("realm", "servers")
@begins_anew
def inbound(
    call: Invocation,
    *,
    partners: Annotated[
        Path,
        typer.Option(
            "--partners", metavar="FILE", help="YAML file of partners, feeds and networks.", show_default=False
        ),
    ],
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Take documents from DIR/<partner>/, too.", show_default=False),
    ] = None,
) -> None:
    """Take in what partners send: feeds, files, documents on the bus. One for a realm.

    Each document is kept byte for byte, then checked and mapped to an event of that partner.
    """
    require_part("partners")
    from cbrn_deploy.processes.inbound import run_inbound

    call.run(run_inbound(_settings(call, "inbound"), partners, folder), "warning")


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
    call.run(run_notify(_settings(call, "notify", code), code, servers_file), "warning")


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
    settings = _settings(call, "desk", None if all_bodies else code)
    call.run(run_desk(settings, code, listen, all_bodies=all_bodies, behind_tls=behind_tls), "warning")


@app.command("feeds")
@Invocation.takes("realm", "servers", "lang")
@begins_anew
def feeds(
    call: Invocation,
    *,
    body: Annotated[
        str | None,
        typer.Option(
            metavar="BODY",
            help="Serve this body's alerts as CAP.  [default: what was released to partners, and what is public]",
            autocompletion=complete_bodies,
            show_default=False,
        ),
    ] = None,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="With --body: also restricted alerts and those marked TLP RED.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to listen; other than loopback only behind TLS.")
    ] = "127.0.0.1:8470",
    behind_tls: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="How readers reach it through a proxy with TLS: https://feeds.example.kg.",
            show_default=False,
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NETWORK",
            help="Where that proxy stands, such as 10.0.0.5/32: of whom it says a request is from counts. "
            "May be repeated.",
            show_default=False,
        ),
    ] = None,
    files: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write the feeds as files, too, for a web server: a folder a feed.", show_default=False
        ),
    ] = None,
    files_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="How readers reach DIR, such as https://www.example.kg/alerts.  [default: this process's own feeds]",
            show_default=False,
        ),
    ] = None,
    webhooks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="YAML file of partners' endpoints, closed to others: each document is posted to them.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Hand out alerts as feeds of Atom with CAP: to each partner what was released to it, to everybody what is public.

    Who may read them is kept with `cbrn feeds reader`.
    """
    require_part("partners")
    from cbrn_consumers.feeds.endpoints import read_endpoints
    from cbrn_deploy.processes.feeds import Asked, address_of, run_feeds

    code = None if body is None else body_code(body)
    if restricted and code is None:
        raise UsageError(
            "--restricted is for a body's alerts", "Name it with --body. What partners get, persons release."
        )
    asked = Asked(
        body=code,
        restricted=restricted,
        behind_tls=None if behind_tls is None else address_of(behind_tls),
        proxies=tuple(_network(each) for each in proxy or ()),
        files=files,
        files_address=None if files_address is None else address_of(files_address),
        endpoints=() if webhooks is None else read_endpoints(webhooks),
    )
    settings = _settings(call, "feeds" if code is None else "feed", code)
    call.run(run_feeds(settings, listen, asked), "warning")


def _network(given: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network

    try:
        return ip_network(given)
    except ValueError:
        raise UsageError(f"--proxy {given}: that is no network", "Write it as 10.0.0.5/32.") from None


def _settings(call: Invocation, process: str, body: str | None = None) -> Settings:
    """Return the settings of a process, which comes as its own user also where nobody has told it how."""
    from cbrn_deploy.processes.local_users import as_itself
    from cbrn_schemas.users import User

    return call.run(as_itself(call.settings, User(call.settings.realm, body, process)), "warning")


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
            help="Port of the broker on 127.0.0.1.  [default: that of CBRN_BOOTSTRAP_SERVERS, or 9092]",
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
    from cbrn_deploy.cli.operations.kafka import broker_log_shown, in_the_clear, loopback_port

    require_whole_bus()
    from cbrn_deploy.kafka import EmbeddedKafka, download_bar
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
        where = loopback_port(settings) if port is None else port
        folder = data or settings.data_dir
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

"""`cbrn run ROLE` for the roles that deal with partners abroad: what leaves, how it is served, what comes in."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation, require_part
from cbrn_deploy.cli.operations.coming_as import own_settings
from cbrn_deploy.cli.parameters import UsageError, body_code
from cbrn_deploy.processes.beginning_anew import begins_anew

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network


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

    call.run(run_keeper(PartnersService(own_settings(call, PartnersService.role))), "warning")


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

    call.run(run_inbound(own_settings(call, "inbound"), partners, folder), "warning")


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
    settings = own_settings(call, "feeds" if code is None else "feed", code)
    call.run(run_feeds(settings, listen, asked), "warning")


def _network(given: str) -> IPv4Network | IPv6Network:
    from ipaddress import ip_network

    try:
        return ip_network(given)
    except ValueError:
        raise UsageError(f"--proxy {given}: that is no network", "Write it as 10.0.0.5/32.") from None


COMMANDS: Final = {"partners": partners, "inbound": inbound, "feeds": feeds}
"""By name behind `cbrn run`."""

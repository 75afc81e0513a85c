"""`cbrn access`: the commands of whoever gives rights."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.access import issue as cli_issue
from cbrn_deploy.cli.access.given import ByOption, ReasonOption, person_of
from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation, require_part
from cbrn_deploy.cli.parameters import UsageError, body_code
from cbrn_deploy.cli.printing import json_text

if TYPE_CHECKING:
    from cbrn_deploy.provisioning.access.plan import Plan
    from cbrn_schemas.settings import Settings

EXIT_DIFFERS: Final = 3

app = App(
    "Who may do what: plan shows the difference, apply makes it; credentials are issued, rotated, revoked, tested."
)
cli_issue.mount(app)

BodyFilter = Annotated[
    str | None,
    typer.Option(
        "--body", metavar="BODY", help="Only this body's.", autocompletion=complete_bodies, show_default=False
    ),
]


@app.command("plan")
@Invocation.takes("realm", "servers", "json")
def plan(
    call: Invocation,
    *,
    body: BodyFilter = None,
    everybody: Annotated[bool, typer.Option("--all", help="Also users as whom nobody can come.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one page to read and print.", show_default=False)
    ] = None,
) -> None:
    """Say what each user may do, one line each, and what apply would do.

    Rights follow from the table of streams and the catalogue of bodies, for whoever has a credential. Exit status: 0,
    nothing is to be done; 3, something.
    """
    from cbrn_deploy.cli.access.screen import show_plan
    from cbrn_deploy.provisioning.access.report import as_json, lines, of_body

    require_part("access")
    now, only = datetime.now(UTC), None if body is None else body_code(body)
    found = call.run(_plan(call.settings, now))
    differs, users = of_body(found.found, only), lines(call.settings.realm, now.date(), found.known, only)
    if html is not None:
        from cbrn_deploy.provisioning.access.page import page

        if html.exists() and not html.read_bytes().lstrip().lower().startswith(b"<!doctype html"):
            raise UsageError(f"{html} is no page, and is not written over", "Choose another name.")
        html.write_text(page(users, differs, call.settings.realm, now), encoding="utf-8")
    if call.as_json:
        said = {"realm": call.settings.realm.value, "users": [line.as_json() for line in users]}
        print(json_text({**said, **as_json(differs), "logged": found.logged}))
    else:
        show_plan(found, differs, users, everybody=everybody or only is not None)
    if not differs.empty:
        raise typer.Exit(EXIT_DIFFERS)


@app.command("apply")
@Invocation.takes("realm", "servers", "json")
def apply(
    call: Invocation,
    *,
    reason: ReasonOption,
    by: ByOption = None,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Also take away rules of others that reach into the realm, once you saw the list."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="The list was seen.")] = False,
) -> None:
    """Give what is missing, take what is too much from our own principals. Running it again does nothing.

    Credentials whose overlap is over end here. Rules of others, and of principals whose credentials nobody knows, are
    left alone and named, but with --prune.
    """
    from cbrn_deploy.cli.access.screen import show_difference
    from cbrn_deploy.provisioning.access.plan import carry_out
    from cbrn_deploy.provisioning.access.report import as_json

    require_part("access")
    person = person_of(call.settings, by, reason)
    now = datetime.now(UTC)
    found = call.run(_plan(call.settings, now))
    if not call.as_json:
        show_difference(found.found)
    if prune and found.found.prunable and not yes:
        _confirm(len(found.found.prunable))
    call.run(carry_out(call.settings, found.found, person, now, prune=prune))
    if call.as_json:
        print(json_text({"applied": as_json(found.found), "pruned": prune}))
    else:
        print(f"{call.settings.realm}: as planned")


def _confirm(count: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"--prune would take {count} rules away that are not the bus's own", "See the list, then --yes."
        )
    if not typer.confirm(f"Take these {count} rules away, marked with ? above?"):
        raise typer.Exit(EXIT_FAILED)


@app.command("list")
@Invocation.takes("realm", "servers", "json")
def credentials(call: Invocation, *, body: BodyFilter = None) -> None:
    """List live credentials: of what kind, until when, who issued them and why. No secret is in it."""
    from cbrn_deploy.cli.access.screen import NO_LOG, show_credentials
    from cbrn_deploy.cli.printing import complain
    from cbrn_deploy.provisioning.access.report import credential_json

    require_part("access")
    now, only = datetime.now(UTC), None if body is None else body_code(body)
    found = call.run(_plan(call.settings, now))
    live = [one for one in found.known.live.values() if only is None or one.principal.user.body == only]
    if call.as_json:
        print(json_text([credential_json(one) for one in live]))
        return
    show_credentials(live, now)
    if not found.logged:
        complain(*NO_LOG)


async def _plan(settings: Settings, now: datetime) -> Plan:
    from cbrn_deploy.provisioning.access.plan import plan as planned

    return await planned(settings, now)

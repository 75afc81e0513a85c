"""`cbrn desk rebuild`: the desk's database out of Kafka, as if it had never been lost."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import Annotated

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import Invocation, require_part
from cbrn_deploy.cli.parameters import body_code
from cbrn_deploy.cli.printing import json_text


@Invocation.takes("realm", "servers", "json")
def rebuild(
    call: Invocation,
    *,
    body: Annotated[
        str, typer.Option(metavar="BODY", help="Whose desk it is.", autocompletion=complete_bodies, show_default=False)
    ],
    everything: Annotated[bool, typer.Option("--all", help="The crisis centre's, which sees all bodies.")] = False,
) -> None:
    """Build the database of BODY's desk anew from Kafka, where it was lost or is doubted. Stop the desk first.

    It is that of CBRN_DESK_DATABASE. Accounts are kept elsewhere, and stay as they are.
    """
    require_part("desk")
    from cbrn_consumers.desk.store import Whose, rebuild

    settings = call.settings
    made = call.run(rebuild(settings, Whose(settings.realm, body_code(body), everything)))
    if call.as_json:
        print(json_text(made._asdict()))
    else:
        print(f"{made.situations} rows of situations, of {made.records} records")

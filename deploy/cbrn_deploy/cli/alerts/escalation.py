"""`cbrn escalation`: who is asked next when an alert has no answer, by the policies; and whether they can be used."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cbrn_deploy.cli.invocation import App, Invocation
from cbrn_deploy.cli.parameters import BodyArgument, body_code
from cbrn_deploy.cli.printing import console, json_text, printable

if TYPE_CHECKING:
    from cbrn_consumers.watch.policy import Policies, Target
    from cbrn_schemas.events.base import Language

app = App("Who is asked next when an alert has no answer.")

FolderArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER",
        help="Folder with escalation.yaml.  [default: CBRN_ESCALATION, or the shipped policies]",
        show_default=False,
    ),
]
HEADS: Final = ("step", "body", "after", "told")


def _policies(call: Invocation, folder: Path | None) -> Policies:
    from datetime import UTC, datetime

    from cbrn_consumers.watch.policy import Policies
    from cbrn_routing.rulebook.eras import local_day

    return Policies.load(folder or call.settings.escalation, local_day(datetime.now(UTC)))


@app.command("check")
@Invocation.takes("json")
def check(call: Invocation, folder: FolderArgument = None) -> None:
    """Say whether policies can be used; refuse those that end in nobody, go in a circle, or name who is not told."""
    policies = _policies(call, folder)
    names = [each.name for each in policies.policies]
    print(json_text({"policies": names}) if call.as_json else printable(f"{len(names)} policies: {', '.join(names)}"))


@app.command("show")
@Invocation.takes("lang", "json")
def show(
    call: Invocation,
    body: BodyArgument,
    folder: FolderArgument = None,
    *,
    role: Annotated[Literal["lead", "support"], typer.Option(help="What is expected of BODY.")] = "lead",
    severity: Annotated[
        Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"], typer.Option(help="Of the alert.")
    ] = "Severe",
    declined: Annotated[bool, typer.Option("--declined", help="As if BODY had declined.")] = False,
) -> None:
    """Show who is asked one after the other when BODY does not answer, and when."""
    from datetime import UTC, datetime

    from cbrn_routing.rulebook.eras import local_day

    policies, code = _policies(call, folder), body_code(body)
    policy = policies.of(code, role, severity)
    targets = policies.targets(policy, code, declined=declined, on=local_day(datetime.now(UTC)))
    if call.as_json:
        steps = [{**each._asdict(), "after": each.after.total_seconds(), "tell": list(each.tell)} for each in targets]
        print(json_text({"policy": policy.name, "body": code, "steps": steps}))
    else:
        console().print(_table(targets, call.language))


def _table(targets: tuple[Target, ...], lang: Language) -> Any:
    from rich.table import Table

    from cbrn_schemas.catalogue.naming import body_name
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.catalogue.written import span

    table = Table(box=None, pad_edge=False)
    for head in HEADS:
        table.add_column(word("escalation", head, lang))
    for each in targets:
        after = f"+{span(each.after, lang)}" if each.after else word("escalation", "at-once", lang)
        told = ", ".join(word("role", "lead", lang) if code == "lead" else body_name(code, lang) for code in each.tell)
        table.add_row(word("step", each.step, lang), body_name(each.body, lang), after, told)
    return table

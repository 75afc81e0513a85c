"""`cbrn show`: everything that an officer needs to know of one situation, on one screen. It takes part in nothing."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbrn_deploy.cli.alerts.answer import SituationArgument, unknown_situation
from cbrn_deploy.cli.alerts.standing import OnlyOption  # noqa: TC001 - Typer reads it when the command runs
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import body_code
from cbrn_deploy.cli.printing import console, json_text, paged

if TYPE_CHECKING:
    from cbrn_consumers.alert import Alert
    from cbrn_consumers.situation import Overview
    from cbrn_schemas.events.base import Language


@Invocation.takes("realm", "servers", "lang", "json")
def show(
    call: Invocation,
    situation: SituationArgument,
    *,
    body: OnlyOption = None,
    cap: Annotated[bool, typer.Option("--cap", help="Print the latest message as a CAP 1.2 document.")] = False,
) -> None:
    """Show everything about SITUATION: what to do, by when to answer, what, where, who, why; who has answered.

    With --body it is what that body knows by its own topics: its own part and its own answers, and where the others
    stand, if it may know. Without it, as an officer of the bus sees it: all bodies, and duties to others.
    """
    import unicodedata

    from cbrn_consumers.situation.reader import read_overview

    own = None if body is None else body_code(body)
    situation = unicodedata.normalize("NFC", situation)
    found, read = call.run(read_overview(call.settings, situation, own))
    if found is not None and cap:
        from cbrn_consumers.situation.document import document_of
        from cbrn_deploy.cli.formats.cap import print_document

        print_document(document_of(found.alert, read))
        return
    if found is None and own in read.alarms and not cap:
        _show_alarm(call, read.alarms[own])
        return
    if found is None:
        raise call.refused(unknown_situation(read, situation, own))
    if call.as_json:
        print(json_text(_json(found, call.language)))
    else:
        from cbrn_deploy.cli.alerts.show_screen import print_overview

        with paged(console()) as out:
            print_overview(found, call.language, out)


def _show_alarm(call: Invocation, alarm: Alert) -> None:
    """Show all that a body knows of a situation where it is only asked in another's place."""
    from cbrn_deploy.cli.alerts.tail import AlertPrinter, alert_json

    if call.as_json:
        print(json_text({"type": "asked-in-place", "alert": alert_json(alarm)}))
    else:
        AlertPrinter(call.language)(alarm)


def _json(found: Overview, lang: Language) -> dict[str, Any]:
    from cbrn_consumers.situation.as_json import overview_json
    from cbrn_deploy.cli.alerts.tail import alert_json
    from cbrn_deploy.cli.duties.command import duty_json

    duties = None if found.duties is None else [duty_json(state, found.at) for state in found.duties]
    return overview_json(found, lang) | {"alert": alert_json(found.alert), "duties": duties}

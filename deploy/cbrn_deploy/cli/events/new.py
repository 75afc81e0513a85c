"""`cbrn new`: a report of a kind to begin with."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cbrn_deploy.cli.completion import complete_publishers
from cbrn_deploy.cli.invocation import Invocation
from cbrn_deploy.cli.parameters import KindArgument, body_code, kind_code
from cbrn_deploy.cli.printing import as_typed, json_text


@Invocation.takes("realm", "lang")
def new(
    call: Invocation,
    kind: KindArgument,
    *,
    yaml: Annotated[bool, typer.Option("--yaml", help="As YAML, with a comment a field.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="With every optional field; in YAML they stand behind a #.")
    ] = False,
    body: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="BODY",
            help="Body that publishes it.  [default: that of the example]",
            autocompletion=complete_publishers,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Print a report of KIND to begin with: filled in, valid as it stands, with the fields that decide who is told.

    The data are those of an example, moved to now: put yours in their place, the name of the situation first.
    `cbrn publish` and `cbrn route` read both forms.
    """
    from cbrn_routing.facets import deciding_fields
    from cbrn_schemas.contracts import event_document
    from cbrn_schemas.contracts.template import Template, commented, filled
    from cbrn_schemas.events import EVENT_TYPES
    from cbrn_schemas.topics import Realm

    code = kind_code(kind)
    asked = Template(
        event_document(code).schema,
        call.language,
        now_here().replace(second=0, microsecond=0),
        None if body is None else body_code(body),
        "Actual" if call.realm is Realm.REAL else "Exercise",
        deciding_fields(EVENT_TYPES[code]),
    )
    if yaml:
        print(as_typed(commented(asked, full=full)), end="")
    else:
        print(json_text(filled(asked, full=full), indent=2))


def now_here() -> datetime:
    """Tell the time in the country's zone."""
    from cbrn_schemas.events.time import LOCAL_TIME

    return datetime.now(LOCAL_TIME)

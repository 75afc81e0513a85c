"""`cbrn irix show`: a radiological or nuclear event as a report of IRIX 1.0."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from typing import TYPE_CHECKING

from cbrn_deploy.cli.formats.cap import EventArgument, is_file, print_document
from cbrn_deploy.cli.invocation import App, Invocation
from cbrn_deploy.cli.parameters import content_of

if TYPE_CHECKING:
    from cbrn_schemas.events import AnyEvent

app = App(help="Reports of the IAEA's International Radiological Information Exchange: see events as such.")


@app.callback()
def _only_a_group() -> None:
    """Keep `show` a command of its own, although it is the only one."""


@app.command()
@Invocation.takes("realm", "servers")
def show(
    call: Invocation,
    event: EventArgument,
) -> None:
    """Print EVENT as an IRIX 1.0 report, in full. Only what is radiological or nuclear can be one.

    It names the event before it, if the event itself does. What IRIX has no element for stands in words.
    """
    from cbrn_schemas.errors import InvalidEventError
    from cbrn_schemas.formats.irix import report_of, write

    try:
        name, found = _of_file(event) if is_file(event) else _on_the_bus(call, event)
    except InvalidEventError as error:
        raise call.refused(error) from None
    print_document(write(report_of(found, event_id=name, created=found.reported)))


def _of_file(file: str) -> tuple[str, AnyEvent]:
    from cbrn_consumers.decisions import one_event
    from cbrn_schemas.events import key_of

    one, event = one_event(content_of(file), file)
    return one.id or key_of(event), event


def _on_the_bus(call: Invocation, wanted: str) -> tuple[str, AnyEvent]:
    from cbrn_consumers.decisions import decided_on_the_bus
    from cbrn_consumers.errors import HistoryError
    from cbrn_schemas.events import read_event

    record, data, _ = call.run(decided_on_the_bus(wanted, call.settings))
    if data is None:
        raise HistoryError(
            f"the event {record.id} itself is no longer on the bus",
            hint="Look into the archive for it, and give its file: `cbrn irix show FILE`.",
        )
    return record.id, read_event(data)

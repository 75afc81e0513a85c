"""`cbrn cap check`, `cbrn cap show`: what is wrong with a CAP document, and an event as one."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cbrn_deploy.cli.completion import complete_event_files
from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation
from cbrn_deploy.cli.parameters import UsageError, content_of
from cbrn_deploy.cli.printing import complain, json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_schemas.formats.faults import Fault

app = App(help="Documents of the Common Alerting Protocol: check them, and see events as such.")

SUFFIXES: Final = frozenset({".xml", ".cap"})
"""Of the files that are looked at in a folder."""
FILES_MAX: Final = 100_000
"""In one folder: a day of every public feed in the world has less."""
EventArgument = Annotated[
    str,
    typer.Argument(
        metavar="EVENT",
        help="File with an event (JSON or YAML; - reads stdin), or the id of an event, or a situation, on the bus.",
        autocompletion=complete_event_files,
    ),
]


@app.command()
@Invocation.takes("json")
def check(
    call: Invocation,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Documents, or folders with *.xml and *.cap in them; - reads stdin."),
    ],
    *,
    profile: Annotated[
        Literal["strict", "lenient"],
        typer.Option(help="strict: all that the standard demands; lenient: what is needed to understand it."),
    ] = "strict",
) -> None:
    """Check CAP 1.1 and 1.2 documents: each fault with its line, the rule that is broken, and what to do.

    It needs no broker. Exit status 1 where a document has an error; warnings and recommendations alone are none.
    """
    from cbrn_schemas.formats.cap.checking import check as check_document

    found = [(name, check_document(content, profile)) for name, content in _documents(files)]
    wrong = sum(any(fault.severity == "error" for fault in faults) for _, faults in found)
    if call.as_json:
        print(json_text(_json(found, profile, wrong)))
    else:
        for name, faults in found:
            _print(name, faults)
        print(f"{len(found):,} checked ({profile}), {wrong:,} with errors.")
    if wrong:
        raise typer.Exit(EXIT_FAILED)


@app.command()
@Invocation.takes("realm", "servers")
def show(
    call: Invocation,
    event: EventArgument,
) -> None:
    """Print EVENT as a CAP 1.2 document, in full: what a partner gets is less, and `cbrn partners preview` shows it.

    An event on the bus names all earlier messages about its situation; one in a file knows of none.
    """
    from cbrn_schemas.errors import InvalidEventError

    try:
        document = _of_file(event) if is_file(event) else _on_the_bus(call, event)
    except InvalidEventError as error:
        raise call.refused(error) from None
    print_document(document)


def print_document(document: bytes) -> None:
    """Print a document byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(document)
    sys.stdout.buffer.flush()


def is_file(event: str) -> bool:
    """Tell whether an EVENT is a file and not a name on the bus."""
    return event == "-" or Path(event).exists() or Path(event).suffix in {".json", ".yaml", ".yml"}


def _of_file(file: str) -> bytes:
    from cbrn_consumers.decisions import one_event
    from cbrn_consumers.situation.document import full_document
    from cbrn_schemas.events import key_of
    from cbrn_schemas.formats.cap.documents import Message

    one, event = one_event(content_of(file), file)
    if getattr(event, "message_type", "Alert") == "Update":
        complain(
            "the file does not say when the earlier messages were sent: the document stands as a first one",
            "Publish the event, and show it by its id: then it names them.",
        )
    return full_document(Message(one.id or key_of(event), event))


def _on_the_bus(call: Invocation, wanted: str) -> bytes:
    from cbrn_consumers.situation.document import document_on_the_bus

    return call.run(document_on_the_bus(call.settings, wanted))


def _documents(files: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each document by its name; of one that is too large only so much that this is seen."""
    for file in files:
        if file == "-":
            yield file, sys.stdin.buffer.read(_bytes_max() + 1)
        elif Path(file).is_dir():
            yield from ((str(path), _beginning(path)) for path in _in_folder(Path(file)))
        else:
            yield file, _beginning(Path(file))


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not found:
        raise UsageError(f"{folder} has no *.xml and no *.cap in it", "Give the documents themselves.")
    if len(found) > FILES_MAX:
        raise UsageError(f"{folder} has {len(found):,} documents, more than {FILES_MAX:,}", "Give folders one by one.")
    return found


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_bytes_max() + 1)


def _bytes_max() -> int:
    from cbrn_schemas.formats.xml import BOUNDS

    return BOUNDS.bytes_max


def _print(name: str, faults: list[Fault]) -> None:
    for fault in faults:
        at = name if fault.line is None else f"{name}:{fault.line}"
        print(printable(f"{at}: {fault.severity}: {fault.where}: {fault.message} [{fault.rule}]"))
        print(f"    {printable(fault.hint)}")


def _json(found: list[tuple[str, list[Fault]]], profile: str, wrong: int) -> dict[str, Any]:
    return {
        "profile": profile,
        "checked": len(found),
        "with_errors": wrong,
        "documents": [{"file": name, "faults": [fault.as_json() for fault in faults]} for name, faults in found],
    }

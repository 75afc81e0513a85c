"""`cbrn schema`: write the published schemas, and refuse changes that would break those who rely on them."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cbrn_deploy.cli.completion import complete_kinds
from cbrn_deploy.cli.invocation import EXIT_FAILED, App, Invocation
from cbrn_deploy.cli.printing import as_typed, json_text, printable

if TYPE_CHECKING:
    from cbrn_deploy.cli.operations.contracts import Verdict
    from cbrn_schemas.contracts import Document

app = App("Published schemas: write them, and hold changes against them.")

DIFF_LINES_MAX: Final = 20
"""Lines of difference shown a file."""

AgainstOption = Annotated[
    Path | None,
    typer.Option(
        "--against",
        metavar="PATH",
        help="Register, or folder of <name>.v<n>.json files.  [default: schemas/published.json of the checkout]",
        show_default=False,
    ),
]


@app.command("export")
def export(
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where a file differs.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write.  [default: schemas/ of the checkout]", show_default=False),
    ] = None,
) -> None:
    """Write JSON Schemas and the AsyncAPI document, as the models and the catalogue have them now.

    This publishes nothing: what others may rely on stands in the register, which only `cbrn schema publish` extends.
    """
    from cbrn_deploy.cli.operations.contracts import JSON_FOLDER, generated_files

    folder = out or _checkout("nowhere to write to", "Give a folder with --out.")
    files = generated_files()
    there = sorted(f"{JSON_FOLDER}/{path.name}" for path in (folder / JSON_FOLDER).glob("*.v*.json"))
    # In somebody's own folder there may be other things: nothing is deleted there.
    stale = [] if out else [name for name in there if name not in files]
    if check:
        raise typer.Exit(EXIT_FAILED if _differs(folder, files, stale) else 0)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for name in stale:
        (folder / name).unlink()
    print(printable(f"{len(files)} files in {folder}"))


@app.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="TYPE",
            help="A kind, by code or name, or another published type: decision-record.",
            autocompletion=complete_kinds,
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write it there as TYPE.v1.json, and print where.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON Schema of a published type.

    An editor checks and completes YAML that names the file: `cbrn new KIND --yaml` does so on its first line.
    """
    from cbrn_schemas.contracts import as_text

    found = _document(name)
    text = as_text(found.schema)
    if out is None:
        print(text, end="")
        return
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{found.name}.json"
    path.write_text(text, encoding="utf-8", newline="\n")
    print(printable(str(path)))


def _document(name: str) -> Document:
    """Find a published type by its name, with or without version, or by its CloudEvents type."""
    from cbrn_deploy.cli.parameters import UsageError, kind_code
    from cbrn_schemas.catalogue.spelling import did_you_mean
    from cbrn_schemas.contracts import bus_documents, event_document
    from cbrn_schemas.events import EVENT_TYPES, kind_of

    try:
        return event_document(kind_of(name) or kind_code(name.removesuffix(".v1")))
    except UsageError as no_kind:
        others = bus_documents()
        if name.startswith("rule"):
            from cbrn_deploy.cli.operations.contracts import documents  # needs what routers need

            others = documents()
        known = {each: one for one in others for each in (one.ce_type, one.name, one.name.rpartition(".")[0])}
        if (found := known.get(name)) is not None:
            return found
        names = dict.fromkeys((*EVENT_TYPES, *(one.name.rpartition(".")[0] for one in others)))
        hint = did_you_mean(name, names, no_kind.hint)
        raise UsageError(f"there is no published type «{name}»", hint) from None


@app.command("check")
@Invocation.takes("json")
def check(call: Invocation, *, against: AgainstOption = None) -> None:
    """Refuse an incompatible change of a published type, with the field, the rule and the remedy.

    Compatible changes pass, and are named until they are published.
    """
    from cbrn_deploy.cli.operations.contracts import documents, judge, read_published

    verdict = judge(read_published(_register(against)), documents())
    if call.as_json:
        print(json_text(_as_json(verdict)))
    else:
        _print(verdict)
    if verdict.findings:
        raise typer.Exit(EXIT_FAILED)


@app.command("publish")
def publish(*, against: AgainstOption = None) -> None:
    """Enter new types and compatible changes into the register: from now on others rely on them.

    Refuses everything, and writes nothing, while any change is incompatible.
    """
    from cbrn_deploy.cli.operations.contracts import ContractsError, documents, judge, read_published, register_text

    place = _register(against)
    if place.is_dir():
        raise ContractsError(f"{place} is a folder, not a register", hint="Give the register's file with --against.")
    today = documents()
    verdict = judge(read_published(place) if place.exists() else {}, today)
    if verdict.findings:
        _print(verdict)
        raise typer.Exit(EXIT_FAILED)
    place.write_text(register_text(today), encoding="utf-8", newline="\n")
    print(f"published: {', '.join(verdict.unpublished)}" if verdict.unpublished else "nothing new to publish")


def _register(against: Path | None) -> Path:
    from cbrn_deploy.cli.operations.contracts import REGISTER

    if against is not None:
        return against
    hint = (
        "Give the register or a folder of published schemas with --against; `cbrn schema export --out` writes today's."
    )
    return _checkout("nothing to compare with", hint) / REGISTER


def _checkout(missing: str, hint: str) -> Path:
    from cbrn_deploy.cli.operations.contracts import ContractsError, source_folder

    folder = source_folder()
    if folder is None:
        raise ContractsError(f"{missing}: this is an installed program, without the folder schemas/", hint=hint)
    return folder


def _differs(folder: Path, files: dict[str, str], stale: list[str]) -> bool:
    from difflib import unified_diff

    different = False
    for name, text in files.items():
        path = folder / name
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        if there == text:
            continue
        different = True
        lines = list(unified_diff(there.splitlines(), text.splitlines(), name, f"{name} (now)", n=1, lineterm=""))
        print("\n".join(lines[:DIFF_LINES_MAX]))
        if len(lines) > DIFF_LINES_MAX:
            print(f"... {len(lines) - DIFF_LINES_MAX} more lines")
    for name in stale:
        different = True
        print(f"{name}: nothing is generated under this name any more")
    print(as_typed("run `cbrn schema export` and commit") if different else f"{len(files)} files are up to date")
    return different


def _as_json(verdict: Verdict) -> dict[str, object]:
    findings = [
        {
            "type": finding.type,
            "field": finding.field,
            "rule": finding.rule.value,
            "hurts": list(finding.hurts),
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for finding in verdict.findings
    ]
    return {"compatible": not findings, "findings": findings, "unpublished": list(verdict.unpublished)}


def _print(verdict: Verdict) -> None:
    for finding in verdict.findings:
        print(f"{finding.type}  {finding.field}  {finding.rule} ({', '.join(finding.hurts)})")
        print(f"    {finding.message}")
        print(f"    {finding.remedy}")
    if verdict.unpublished:
        print(as_typed("not published yet (cbrn schema publish): ") + f"{', '.join(verdict.unpublished)}")
    count = len(verdict.findings)
    print(f"{count} incompatible change{'' if count == 1 else 's'}" if count else "compatible with what was published")

"""`cbrn rules check`: the proof of a rule book, with an event for every finding and a matrix that a lawyer can read."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import BookArgument, OnOption, UsageError, day_of
from cbrn_deploy.cli.printing import as_typed, complain, console, json_text, shown

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.proof import Finding, Report
    from cbrn_routing.rulebook import RuleBook
    from cbrn_routing.sharing import Agreements
    from cbrn_schemas.events.base import Language

LEADERLESS = frozenset({"no-lead", "two-leads"})
"""Findings about a cell, not about a rule: their files are named after the kind of event."""


class Shown(NamedTuple):
    """How a finding is shown."""

    file: Path
    """An event of its cell."""
    command: str
    """The dry run that reproduces it."""


@Invocation.takes("realm", "servers", "lang", "json")
def check(
    call: Invocation,
    book: BookArgument = "national",
    *,
    on: OnOption = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the coverage matrix: one page to read and print.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write an event for every finding, for `cbrn route --book`.")
    ] = None,
    agreements: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Prove what reaches whom abroad under these sharing agreements.  [default: CBRN_AGREEMENTS]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Prove the rule book BOOK over every cell that can exist; exit status 1 if anything is wrong with it.

    Exactly one lead everywhere, no unreachable rule, nobody told who does not exist, every text in three languages,
    every basis in force. With agreements: nothing reaches a partner abroad that none of them names.
    The bus is asked only for a digest that is not at hand.
    """
    day = day_of(on)
    found, report = _proved(book, day, call, _agreements(agreements or call.settings.agreements))
    written = {} if events is None else _write_events(report, events, book)
    if html is not None:
        _refuse_other_file(html)
        _write_matrix(found, report, html, call.language)
    if call.as_json:
        print(json_text(_as_json(report, written)))
    else:
        _print(report, written, call.language)
    if not report.passed:
        raise typer.Exit(EXIT_FAILED)


def _agreements(folder: Path | None) -> Agreements | None:
    from cbrn_routing.sharing import Agreements

    return None if folder is None else Agreements.read(folder)


def _proved(name: str, day: date, call: Invocation, agreements: Agreements | None) -> tuple[RuleBook | None, Report]:
    """Prove the book, if its files make one, and return both. Files are read as they lie: all that is wrong is told."""
    from cbrn_routing.proof import check as prove
    from cbrn_routing.proof import check_texts
    from cbrn_routing.rulebook import RuleBook, RulebookError

    path = Path(name)
    if path.exists():
        texts = _texts(path)
        try:
            return RuleBook.from_texts(texts), check_texts(texts, day, agreements)
        except RulebookError:
            return None, check_texts(texts, day, agreements)
    book = call.book(name).book
    return book, prove(book, day, agreements)


def _texts(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else [each for each in path.iterdir() if each.suffix in {".yaml", ".yml"}]
    if not files:
        raise UsageError(f"{path} holds no *.yaml files", "Give the folder in which the rules lie.")
    try:
        return {each.name: each.read_text(encoding="utf-8") for each in files}
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8: {error.reason}", "Give YAML files in UTF-8.") from None


def _write_events(report: Report, folder: Path, book: str) -> dict[int, Shown]:
    """Write one file for every finding that has an event; return them by the finding's number."""
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[int, Shown] = {}
    for number, finding in enumerate(report.findings):
        if finding.event is not None:
            about = finding.event["kind"] if finding.code in LEADERLESS or not finding.rules else finding.rules[0]
            file = folder / f"{number + 1:03}-{finding.code}-{about}.json"
            file.write_text(json.dumps(finding.event, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            written[number] = Shown(file, _command(finding, file, book, report.on))
    return written


def _command(finding: Finding, file: Path, book: str, on: date) -> str:
    """Return the call that shows the finding."""
    words = ["cbrn", "route", str(file), "--book", book]
    words += ["--on", str(finding.day or on)]
    if finding.event is not None and finding.event["status"] == "Exercise":
        words += ["--realm", "cbrn-exercise"]
    return shlex.join(words)


def _refuse_other_file(file: Path) -> None:
    """End the command where something else than such a page lies there: a draft, a key."""
    if not file.is_file():
        return
    with file.open("rb") as there:
        begins = there.read(1000).lower()
    if begins and b"<html" not in begins:
        raise UsageError(
            f"{file} is there, and is no page of this kind: it was not written", "Choose another file for --html."
        )


def _write_matrix(book: RuleBook | None, report: Report, file: Path, lang: Language) -> None:
    from cbrn_routing.proof import ProofError
    from cbrn_routing.proof.page import page
    from cbrn_routing.rulebook import RulebookError

    try:
        text = None if book is None else page(book, report, lang)
    except (RulebookError, ProofError):
        text = None
    if text is None:
        complain("no matrix was written: the rules do not make a book that could decide", "Correct the errors first.")
        return
    file.write_text(text, encoding="utf-8")


def _as_json(report: Report, written: dict[int, Shown]) -> dict[str, object]:
    answer = report.as_json()
    for number, one in written.items():
        answer["findings"][number] |= {"event_file": str(one.file), "command": one.command}
    return answer


def _print(report: Report, written: dict[int, Shown], lang: Language) -> None:
    from cbrn_schemas.catalogue.words import word
    from cbrn_schemas.catalogue.written import number

    out = console()
    for position, finding in enumerate(report.findings):
        _print_finding(finding, written.get(position), report.on, lang)
    verdict = word("matrix", "passed" if report.passed else "failed", lang)
    style = "bold green" if report.passed else "bold red"
    parts = (verdict, report.rulebook[:12], report.on.isoformat())  # files that make no book have no digest
    out.print(shown(" · ".join(part for part in parts if part), style))
    counts = {
        "rules": report.rules,
        "cells": report.cells,
        "classes": report.classes,
        "errors": len(report.errors),
        "warnings": len(report.warnings),
    }
    out.print(
        shown(" · ".join(f"{word('matrix', name, lang)}: {number(count, lang)}" for name, count in counts.items()))
    )


def _print_finding(finding: Finding, written: Shown | None, on: date, lang: Language) -> None:
    from cbrn_schemas.catalogue.words import word

    kind = word("matrix", finding.severity, lang)
    day = f" [{finding.day.isoformat()}]" if finding.day not in {None, on} and finding.day is not None else ""
    style = {"error": "red", "warning": "yellow"}.get(finding.severity, "")
    out = console()
    out.print(shown(f"{kind}{day}: {finding.said(lang)}", style), soft_wrap=True)
    named = [rule for rule in finding.rules if rule not in finding.subject]
    if named:
        out.print(shown(f"    {word('ui', 'rule', lang)}: {', '.join(named)}"), soft_wrap=True)
    if written is not None:
        out.print(shown(f"    {as_typed(written.command)}"), soft_wrap=True)

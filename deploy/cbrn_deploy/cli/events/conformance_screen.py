"""How `cbrn conformance` speaks: a short block a record, and the table of a whole trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from cbrn_deploy.cli.printing import console, shown
from cbrn_routing.conformance import SIGNS, State
from cbrn_schemas.catalogue.naming import body_name
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbrn_routing.conformance import Finding, Report, Verdict
    from cbrn_schemas.events.base import Language

STYLES: Final = {State.PASSED: "green", State.WARNED: "yellow", State.FAILED: "bold red", State.NOT_SEEN: "dim"}


def print_verdict(verdict: Verdict, lang: Language) -> None:
    """Print what is to be said of one record: what is right on one line, each other finding on lines of its own."""
    out = console()
    for line in _block(verdict, lang):
        out.print(line, soft_wrap=True)


def _block(verdict: Verdict, lang: Language) -> Iterator[Text]:
    state = State.PASSED if verdict.conformant else State.FAILED
    kind = word("kind", verdict.kind, lang) if verdict.kind else ""
    yield shown(" · ".join(filter(None, (f"{SIGNS[state]} {verdict.place}", kind, verdict.id))), STYLES[state])
    passed = [word("check", each.check, lang) for each in verdict.findings if each.state is State.PASSED]
    if passed:
        yield shown(f"  {SIGNS[State.PASSED]} {', '.join(passed)}", STYLES[State.PASSED])
    for finding in verdict.findings:
        if finding.state is not State.PASSED:
            yield shown(f"  {SIGNS[finding.state]} {_said(finding, lang)}", STYLES[finding.state])
            if finding.hint:
                yield shown(f"      {finding.hint}")
    if verdict.told is not None:
        yield shown(f"  {word('ui', 'would-be-told', lang)}: {_told(verdict, lang)}")


def _said(finding: Finding, lang: Language) -> str:
    label = word("check", finding.check, lang)
    return ": ".join(filter(None, (label, finding.where, finding.message)))


def _told(verdict: Verdict, lang: Language) -> str:
    """Name the lead, and how many others."""
    told = verdict.told or ()
    if not told:
        return word("ui", "nobody", lang)
    lead = [each for each in told if each.role == "lead"]
    named = [f"{body_name(each.body, lang)} ({word('role', each.role, lang)})" for each in lead]
    return ", ".join([*named, f"+{len(told) - len(lead)}"])


def print_report(report: Report, lang: Language) -> None:
    """Print the table of a trial."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("", "check", "state", "records", "remedy"):
        table.add_column(word("ui", head, lang) if head else "", overflow="fold")
    for line in report.lines:
        label, state = word("check", line.check, lang), word("check", line.state, lang)
        style = STYLES[line.state]
        hints = dict.fromkeys(each.hint for _, each in line.found if each.hint)  # what is wrong stands at its record
        remedy = Text("\n").join(map(shown, hints))
        table.add_row(
            shown(SIGNS[line.state], style), shown(label), shown(state, style), shown(str(line.records)), remedy
        )
    console().print(table)


def print_end(report: Report, lang: Language) -> None:
    """Print how many records there were, and how many of them are as they should be."""
    if not report.records:
        console().print(shown(word("ui", "nothing-seen", lang), STYLES[State.FAILED]))
        return
    good = report.conformant == report.records
    state = word("ui", "conformant" if good else "not-conformant", lang)
    counts = f"{report.conformant}/{report.records} {word('ui', 'records', lang)}"
    console().print(shown(f"{state}: {counts}", STYLES[State.PASSED if good else State.FAILED]))

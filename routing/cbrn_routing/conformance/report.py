"""All verdicts of a trial in one table: each question, and the answer over everything that the client has sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cbrn_routing.conformance.findings import Check, State
from cbrn_schemas.catalogue.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbrn_routing.conformance.findings import Finding
    from cbrn_routing.conformance.judge import Verdict
    from cbrn_schemas.events.base import Language

SHOWN_MAX: Final = 3
"""Findings of a kind that are named; a client makes a mistake with every record, and it is the same one."""
SIGNS: Final = {State.PASSED: "✓", State.WARNED: "!", State.FAILED: "✗", State.NOT_SEEN: "–"}


class Line(NamedTuple):
    """The answer to one question."""

    check: Check
    state: State
    records: int
    """Records of which it could be asked."""
    found: tuple[tuple[str, Finding], ...]
    """Where (`topic/partition/offset`), and what: the first ones that stand against it or are doubtful."""

    def as_json(self) -> dict[str, Any]:
        """Return the line, plain values only."""
        found = [{"record": place} | finding._asdict() for place, finding in self.found]
        return {"check": self.check, "state": self.state, "records": self.records, "found": found}


def summary(verdicts: Sequence[Verdict]) -> tuple[Line, ...]:
    """Return a line for each question."""
    return tuple(_line(check, verdicts) for check in Check)


def _line(check: Check, verdicts: Iterable[Verdict]) -> Line:
    all_of_it = [
        (f"{verdict.topic}/{verdict.partition}/{verdict.offset}", finding)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.check is check
    ]
    states = {finding.state for _, finding in all_of_it}
    state = next((state for state in (State.FAILED, State.WARNED, State.PASSED) if state in states), State.NOT_SEEN)
    odd = [each for each in all_of_it if each[1].state is not State.PASSED]
    odd.sort(key=lambda each: each[1].state is not State.FAILED)
    return Line(check, state, len(all_of_it), tuple(odd[:SHOWN_MAX]))


def page(title: str, about: Sequence[str], verdicts: Sequence[Verdict], lang: Language) -> str:
    """Write the report as a page of Markdown, to be attached to a letter."""
    rows = [
        f"| {SIGNS[line.state]} | {word('check', line.check, lang)} | {word('check', line.state, lang)} "
        f"| {line.records} | {'<br>'.join(map(_cell, line.found))} |"
        for line in summary(verdicts)
    ]
    heads = [word("ui", head, lang) for head in ("check", "state", "records", "remedy")]
    return "\n".join(
        [
            f"# {title}",
            "",
            *(f"- {each}" for each in about),
            "",
            f"| | {' | '.join(heads)} |",
            "| --- | --- | --- | ---: | --- |",
            *rows,
            "",
        ]
    )


def _cell(found: tuple[str, Finding]) -> str:
    place, finding = found
    text = f"{place}: {': '.join(filter(None, (finding.where, finding.message)))}. {finding.hint}"
    return "".join(f"&#{ord(one)};" if one in "|<>`*_[]" or not one.isprintable() else one for one in text)

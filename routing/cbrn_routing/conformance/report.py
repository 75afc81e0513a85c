"""All verdicts of a trial in one table: each question, and the answer over everything that the client has sent."""

from __future__ import annotations

from collections import Counter, defaultdict
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


class Report:
    """What is said of any number of verdicts. It keeps of each question the few findings that are named, no verdict."""

    def __init__(self, verdicts: Iterable[Verdict] = ()) -> None:
        self.records = 0
        self.conformant = 0
        """Records against which nothing stands."""
        self._asked: Counter[Check] = Counter()
        self._odd: defaultdict[tuple[Check, State], list[tuple[str, Finding]]] = defaultdict(list)
        for verdict in verdicts:
            self.add(verdict)

    def add(self, verdict: Verdict) -> None:
        """Count a verdict."""
        self.records += 1
        self.conformant += verdict.conformant
        self._asked.update({finding.check for finding in verdict.findings})
        for finding in verdict.findings:
            odd = self._odd[finding.check, finding.state]
            if finding.state is not State.PASSED and len(odd) < SHOWN_MAX:
                odd.append((verdict.place, finding))

    @property
    def lines(self) -> tuple[Line, ...]:
        """A line for each question: the gravest answer to it, and the first findings, what failed before the rest."""
        return tuple(map(self._line, Check))

    def _line(self, check: Check) -> Line:
        failed, warned = self._odd[check, State.FAILED], self._odd[check, State.WARNED]
        passed = State.PASSED if self._asked[check] else State.NOT_SEEN
        state = State.FAILED if failed else State.WARNED if warned else passed
        return Line(check, state, self._asked[check], (*failed, *warned)[:SHOWN_MAX])


def page(title: str, about: Sequence[str], report: Report, lang: Language) -> str:
    """Write the report as a page of Markdown, to be attached to a letter."""
    rows = [
        f"| {SIGNS[line.state]} | {word('check', line.check, lang)} | {word('check', line.state, lang)} "
        f"| {line.records} | {'<br>'.join(map(_cell, line.found))} |"
        for line in report.lines
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

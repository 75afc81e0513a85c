"""`check`: the whole proof of a rule book for a day, and for the days ahead on which something is known to change."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cbrn_routing.proof.bases import NOTICE, bases, focal_points, left_without_basis
from cbrn_routing.proof.cells import cells_walked
from cbrn_routing.proof.conflicts import conflicts, unguarded
from cbrn_routing.proof.duties import duties
from cbrn_routing.proof.findings import Finding, Report, Severity
from cbrn_routing.proof.need_to_know import need_to_know
from cbrn_routing.proof.partners import reaching
from cbrn_routing.proof.texts import instruments, texts
from cbrn_routing.proof.walk import shown, walk
from cbrn_routing.rulebook import (
    Directory,
    Eras,
    LeadConflictError,
    RuleBook,
    RuleFileError,
    case_facets,
    case_of,
    failing_cases,
)
from cbrn_routing.rulebook.eras import changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from cbrn_routing.rulebook import CaseFailure
    from cbrn_routing.sharing import Agreements


_RANK: Final = ("error", "warning", "note")


def check(book: RuleBook, on: date, agreements: Agreements | None = None) -> Report:
    """Prove the book for the day `on`. A book with an error in the report must not be put into force.

    With `agreements` also what reaches whom abroad: that no cell and no field does which none in force names.

    Pure, and made anew at each call: some seconds for the national book.
    """
    days = (on, *(day for day in changes(book) if day > on))
    findings: list[Finding] = [*texts(book), *instruments(book), *bases(book, on), *focal_points()]
    walked = walk(book, on, "error")
    findings += walked.findings
    number = walked.classes
    for before, day in pairwise(days):
        severity: Severity = "error" if day <= on + NOTICE else "warning"
        findings += left_without_basis(book, before, day, severity)
        if _decides_otherwise(book, before, day):
            ahead = walk(book, day, severity)
            findings += ahead.findings
            number += ahead.classes
    findings += [*duties(book, on), *_cases(book, days), *conflicts(book, on), *need_to_know(book, on)]
    if agreements is not None:
        findings += reaching(book, on, agreements)
    return Report(book.digest, on, _ordered(findings), days, len(book.rules), cells_walked(), number)


def _decides_otherwise(book: RuleBook, before: date, day: date) -> bool:
    """Tell whether a rule or a body begins or ends between two days, and not only one of several bases."""
    active = [[rule.id for rule in book.rules if rule.in_force(each)] for each in (before, day)]
    return active[0] != active[1] or Directory.from_catalogue(before) != Directory.from_catalogue(day)


def check_texts(texts_by_name: Mapping[str, str], on: date, agreements: Agreements | None = None) -> Report:
    """Prove the book in `texts_by_name` (YAML by file name), also where its files cannot be read as one book."""
    try:
        book = RuleBook.from_texts(texts_by_name)
    except RuleFileError as error:
        found = [
            Finding("error", "language", str(problem), () if problem.rule is None else (problem.rule,))
            for problem in error.problems
        ]
        return Report("", on, tuple(found), (on,), 0, 0, 0)
    except LeadConflictError as error:
        groups = unguarded(texts_by_name)
        found = list(conflicts(RuleBook(groups), on)) or [Finding("error", "two-files-lead", str(error))]
        return Report("", on, tuple(found), (on,), sum(map(len, groups)), 0, 0)
    return check(book, on, agreements)


def _ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """Sort errors first; keep what is true on several days once, for the first of them."""
    first: dict[tuple[str, str, tuple[str, ...]], Finding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.subject, finding.rules), finding)
    return tuple(sorted(first.values(), key=lambda finding: (_RANK.index(finding.severity), finding.code)))


def _cases(book: RuleBook, days: tuple[date, ...]) -> Iterator[Finding]:
    """Report the cases beside the rules that the book does not decide as expected on the first of the days.

    A case that holds on one of the days ahead was written for then: that is worth a warning only.
    """
    eras = Eras(book)
    try:
        failures = [failing_cases(eras.on(day)) for day in days]
    except RuleFileError:
        return  # reported as what it is: a body that no day knows
    always = set.intersection(*({(failure.rule, failure.case) for failure in some} for some in failures))
    for failure in failures[0]:
        severity: Severity = "error" if (failure.rule, failure.case) in always else "warning"
        yield _failed(book, failure, days[0], severity)


def _failed(book: RuleBook, failure: CaseFailure, on: date, severity: Severity) -> Finding:
    cell = case_facets(case_of(book, failure))
    return Finding(severity, "case-fails", str(failure), (failure.rule,), on, cell, shown(cell, on))

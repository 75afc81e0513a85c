"""Why the rules may bind: bases in force, lapsing, or unconfirmed; and contacts that nobody named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cbrn_routing.proof.findings import Finding, Severity
from cbrn_routing.proof.walk import cell_of, shown
from cbrn_schemas.catalogue.bodies import bodies
from cbrn_schemas.catalogue.frameworks import without_focal_point

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cbrn_routing.rulebook import Rule, RuleBook

NOTICE: Final = timedelta(days=90)
"""How long beforehand the end of a law or of a body is reported."""


def bases(book: RuleBook, on: date) -> Iterator[Finding]:
    """Report what is wrong with the bases on the day `on`, and what will lapse within 90 days of it."""
    for rule in book.rules:
        if not rule.in_force(on):
            yield _without_basis(rule, on, "error")
        elif all(basis.confidence == "low" for basis in rule.bases if basis.in_force(on)):
            subject = f"{rule.id}: {', '.join(basis.instrument for basis in rule.bases)}"
            yield Finding("warning", "low-confidence", subject, (rule.id,), on)
    yield from _lapsing(book, on)
    yield from _ending(book, on)


def left_without_basis(book: RuleBook, before: date, day: date, severity: Severity) -> Iterator[Finding]:
    """Report the rules that have a basis on the day `before`, and none on `day`."""
    for rule in book.rules:
        if rule.in_force(before) and not rule.in_force(day):
            yield _without_basis(rule, day, severity)


def focal_points() -> Iterator[Finding]:
    """Report the frameworks whose contact in the country no source names: a question to the ministries."""
    for framework in without_focal_point():
        yield Finding("warning", "focal-point", framework.code)


def _without_basis(rule: Rule, day: date, severity: Severity) -> Finding:
    """Report a rule that is not active; one that was written ahead of its law is only a warning."""
    begins = [basis.since for basis in rule.bases if basis.since and not _over(basis.until, day)]
    cell = cell_of(rule)
    if begins:
        subject = f"{rule.id}: {min(begins)}"
        return Finding("warning", "not-yet-in-force", subject, (rule.id,), day, cell, shown(cell, day))
    ended = ", ".join(f"{basis.instrument} ({basis.until})" for basis in rule.bases)
    return Finding(severity, "no-basis", f"{rule.id}: {ended}", (rule.id,), day, cell, shown(cell, day))


def _over(until: str | None, day: date) -> bool:
    """Tell whether the last day lies behind; as precise as the source is."""
    return until is not None and until < day.isoformat()[: len(until)]


def _lapsing(book: RuleBook, on: date) -> Iterator[Finding]:
    relying: dict[tuple[str, str, str], list[str]] = {}
    for rule in book.rules:
        for basis in rule.bases:
            if basis.until and basis.in_force(on) and not basis.in_force(on + NOTICE):
                relying.setdefault((basis.instrument, basis.article, basis.until), []).append(rule.id)
    for (instrument, article, until), rules in relying.items():
        yield Finding("warning", "basis-lapses", f"{until}: {instrument}, {article}", tuple(dict.fromkeys(rules)), on)


def _ending(book: RuleBook, on: date) -> Iterator[Finding]:
    """Report bodies that a rule names and that will be gone within 90 days."""
    for code, body in bodies().items():
        if body.valid_to is not None and on < body.valid_to <= on + NOTICE:
            rules = tuple(rule.id for rule in book.rules if code in _named(rule))
            after = ", ".join(body.successors) or "?"
            yield Finding("warning", "body-ends", f"{body.valid_to.isoformat()}: {code} → {after}", rules, on)


def _named(rule: Rule) -> tuple[str | None, ...]:
    return (rule.lead, *rule.support, *rule.inform, *rule.partners)

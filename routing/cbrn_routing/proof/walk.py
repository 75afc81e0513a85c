"""The proof for one day: every cell has exactly one lead, every rule has a cell, every name stands for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_routing.decision import Decision, Facets, Role
from cbrn_routing.proof.cells import accepted, classes, doubtful_classes, first_match, kind_hazards, places_accepted
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.errors import ImpossibleCellError, TooManyCellsError
from cbrn_routing.proof.findings import Finding, Severity
from cbrn_routing.proof.synthesis import event_in
from cbrn_routing.rulebook import Directory, RuleBook, RuleFileError
from cbrn_routing.rulebook.language import SYMBOLS
from cbrn_schemas.catalogue.bodies import bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from cbrn_routing.proof.cells import KindHazard
    from cbrn_routing.rulebook import Rule

_Leads = list[tuple[str, tuple[str, ...]]]
"""Bodies that lead, each with its rules."""


class Walk(NamedTuple):
    """What one day's walk found."""

    findings: tuple[Finding, ...]
    classes: int


class Judged(NamedTuple):
    """The day that is walked, and how grave its errors are: a day far ahead can still be provided for."""

    day: date
    severity: Severity

    def finding(self, code: str, subject: str, rules: tuple[str, ...], cell: Facets | None = None) -> Finding:
        """Make a finding of the day, with an event of its cell."""
        return Finding(self.severity, code, subject, rules, self.day, cell, shown(cell, self.day))


def walk(book: RuleBook, day: date, severity: Severity) -> Walk:
    """Prove the book for one day; its errors have the severity given."""
    judged = Judged(day, severity)
    findings = list(_refused(book, judged))
    matcher = OpenMatcher(_without_strangers(book, day) if findings else book, on=day)
    counted = 0
    winners: set[str] = set()
    for pair in kind_hazards():
        found, won, number = _leads(matcher, pair, judged)
        findings += found
        winners |= won
        counted += number
    for index, rule in enumerate(matcher.rules):
        try:
            findings += _reachable(matcher, index, winners, judged)
            findings += _told(matcher, index, rule, judged)
        except TooManyCellsError as error:
            findings.append(judged.finding("too-many-cells", str(error), (rule.id,)))
    return Walk(tuple(findings), counted)


def cell_of(rule: Rule) -> Facets | None:
    """Find a cell that the rule matches by itself, whatever the other rules and the day; None where none is found."""
    alone = OpenMatcher(_without_strangers(RuleBook(((rule,),)), None), on=None)
    try:
        return first_match(alone, 0)
    except TooManyCellsError:
        return None  # the walk reports it


def shown(cell: Facets | None, day: date) -> dict[str, object] | None:
    """Make an event of the cell on that day; None where there is no cell, or none that an event can have."""
    try:
        return None if cell is None else event_in(cell, on=day)
    except ImpossibleCellError:
        return None


def _leads(matcher: OpenMatcher, pair: KindHazard, judged: Judged) -> tuple[list[Finding], set[str], int]:
    """Find who leads events of one kind and hazard or does not, the rules that lead somewhere, classes of cells."""
    without: list[Facets] = []
    several: list[tuple[Facets, str]] = []
    winners: set[str] = set()
    number = 0
    try:
        for cell in classes(matcher, pair, matcher.leads | matcher.restricted):
            number += 1
            leads = _leading(matcher.decide(cell))
            winners |= {rules[0] for _, rules in leads}
            _note(cell, leads, without, several)
        for cell in doubtful_classes(matcher, pair, matcher.leads | matcher.restricted):
            number += 1
            _note(cell, _leading(matcher.decide(cell)), without, several)
    except TooManyCellsError as error:
        return [judged.finding("too-many-cells", str(error), ())], winners, number
    where = f"{pair.kind} ({pair.hazard})"
    found = [judged.finding("two-leads", f"{where}: {names}", _ids(matcher, cell), cell) for cell, names in several[:1]]
    for cell in without[:1]:
        subject = f"{where}, {len(without)}/{number}"
        found.append(judged.finding("no-lead", subject, _ids(matcher, cell), cell))
    return found, winners, number


def _note(cell: Facets, leads: _Leads, without: list[Facets], several: list[tuple[Facets, str]]) -> None:
    if not leads:
        without.append(cell)
    elif len(leads) > 1:
        several.append((cell, ", ".join(body for body, _ in leads)))


def _leading(decision: Decision) -> _Leads:
    return [(each.body, each.rules) for each in decision.recipients if each.role is Role.LEAD]


def _ids(matcher: OpenMatcher, cell: Facets) -> tuple[str, ...]:
    return tuple(rule.id for rule in matcher.matching(cell))


def _reachable(matcher: OpenMatcher, index: int, winners: set[str], judged: Judged) -> Iterator[Finding]:
    rule = matcher.rules[index]
    cell = first_match(matcher, index)
    if cell is None:
        reached = any(True for pair in kind_hazards() for _ in accepted(matcher, pair, index))
        yield judged.finding("unless-takes-all" if reached else "unreachable", rule.id, (rule.id,))
        return
    if rule.lead is not None and rule.id not in winners:
        earlier = next((each.id for each in matcher.matching(cell) if each.lead is not None), rule.id)
        yield judged.finding("shadowed", f"{rule.id} < {earlier}", (rule.id, earlier), cell)
    yield from _idle_exceptions(matcher, index, judged)


def _idle_exceptions(matcher: OpenMatcher, index: int, judged: Judged) -> Iterator[Finding]:
    """Report exceptions that take nothing out: harmless, but their author meant something by them."""
    own = idle = matcher.exceptions_of(1 << index)
    for pair in kind_hazards() if own else ():
        for cell in accepted(matcher, pair, index):
            idle &= ~matcher.masks(cell._asdict()).unless
            if not idle:
                return
    rule = matcher.rules[index].id
    for position in range(idle.bit_length()):
        if idle >> position & 1:
            number = (own & ((1 << position + 1) - 1)).bit_count()
            yield Finding("warning", "idle-unless", f"{rule}, unless {number}", (rule,), judged.day)


def _told(matcher: OpenMatcher, index: int, rule: Rule, judged: Judged) -> Iterator[Finding]:
    """Report names of the rule that stand for nobody, or for a body that receives nothing, in a cell it matches."""
    lead = () if rule.lead is None else (rule.lead,)
    for name in dict.fromkeys((*lead, *rule.support, *rule.inform, *rule.partners)):
        for code, subject, cell in _unheard(matcher, index, name):
            harmless = code == "body-renamed"
            as_judged = judged._replace(severity="warning") if harmless else judged
            yield as_judged.finding(code, subject, (rule.id,), cell)


def _unheard(matcher: OpenMatcher, index: int, name: str) -> Iterator[tuple[str, str, Facets]]:
    """Yield (code, subject, cell) of what is wrong with a name in the cells of the rule."""
    cell = first_match(matcher, index)
    if cell is None:
        return
    if name in SYMBOLS:
        yield from _unheard_symbol(matcher, index, name, cell)
        return
    known = matcher.directory.resolve(name, cell)
    if not known:
        yield "body-ended", name, cell
    elif known != (name,):
        yield "body-renamed", f"{name} → {', '.join(known)}", cell
    for body in _deaf(known):
        yield "body-deaf", body, cell


def _unheard_symbol(matcher: OpenMatcher, index: int, name: str, cell: Facets) -> Iterator[tuple[str, str, Facets]]:
    """Check that a symbol stands for somebody where the place is known; elsewhere there is nobody to name."""
    seen: set[str] = set()
    for values in places_accepted(matcher, index):
        there = cell._replace(**values)
        for part, one in _parts_of_place(name, there):
            if part in seen:
                continue
            seen.add(part)
            told = matcher.directory.resolve(name, one)
            if not told:
                yield "symbol-empty", f"{name}: {part}", there
            for body in _deaf(told):
                yield "body-deaf", f"{name}: {body}", there


def _parts_of_place(name: str, cell: Facets) -> Iterable[tuple[str, Facets]]:
    """Return what the symbol looks at in this place, one by one."""
    if name == "{members}":
        return [("members", cell)]
    if name == "{region}":
        return [] if cell.region is None else [(cell.region, cell)]
    facet = name.strip("{}")
    return [
        (country, cell._replace(**{facet: frozenset({country})}))  # type: ignore[arg-type] # one of two set facets
        for country in sorted(getattr(cell, facet))
    ]


def _deaf(codes: Iterable[str]) -> Iterator[str]:
    return (code for code in codes if not _hears(code))


def _hears(code: str) -> bool:
    """Tell whether the body receives; or, for one that is gone, whoever gets its alerts today."""
    body = bodies()[code]
    return body.receives or any(map(_hears, body.successors))


def _refused(book: RuleBook, judged: Judged) -> Iterator[Finding]:
    """Report what the matcher itself would refuse: bodies that no day knows, or in the wrong role."""
    try:
        OpenMatcher(book, on=judged.day)
    except RuleFileError as error:
        for problem in error.problems:
            rule = next((each for each in book.rules if each.id == problem.rule), None)
            cell = None if rule is None else cell_of(rule)
            subject = f"{problem.rule}, {problem.field}: {problem.message}"
            yield judged.finding("body-unknown", subject, () if rule is None else (rule.id,), cell)


def _without_strangers(book: RuleBook, day: date | None) -> RuleBook:
    """Return the book without the names that the matcher would refuse, so that the rest of it can be proved."""
    directory = Directory.from_catalogue(day)
    home = directory.home | set(SYMBOLS)
    abroad = directory.foreign | set(SYMBOLS)
    return RuleBook(
        tuple(
            tuple(
                rule.model_copy(
                    update={
                        "lead": rule.lead if rule.lead in home else None,
                        "support": tuple(name for name in rule.support if name in home),
                        "inform": tuple(name for name in rule.inform if name in home),
                        "partners": tuple(name for name in rule.partners if name in abroad),
                    }
                )
                for rule in group
            )
            for group in book.groups
        )
    )

"""Nothing reaches a partner that no agreement in force names: neither an event, nor a field, nor a finer place.

Walked for each partner are the classes of cells that its rules, its duties, the restricted rules and the agreement's
own cells cannot tell apart. What the agreement makes of them is asked of `share` itself, by which the release goes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.proof.bases import NOTICE
from cbrn_routing.proof.cells import classes, kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.errors import TooManyCellsError
from cbrn_routing.proof.findings import Finding
from cbrn_routing.proof.walk import shown
from cbrn_routing.rulebook import RuleBook, RuleFileError, When, condition_rule
from cbrn_routing.rulebook.language import ABROAD
from cbrn_routing.sharing import share
from cbrn_routing.sharing.vocabulary import FRAME, REPLACED
from cbrn_routing.traits import RED, STRICT
from cbrn_schemas.catalogue.bodies import bodies, partners
from cbrn_schemas.events import parse_event

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from datetime import date

    from cbrn_routing.decision import Facets
    from cbrn_routing.proof.findings import Severity
    from cbrn_routing.rulebook import DutyRule, Rule
    from cbrn_routing.sharing import Agreement, Agreements, Sharing

_KINDS_SHOWN: Final = 6
_GOES_ALONG: Final = frozenset({*FRAME, *REPLACED, "where", "texts", "texts.headline"})
_TWO: Final = 2
_SEVERITIES: Final[dict[str, Severity]] = {
    "partner-leak": "error",
    "partner-waits": "note",
    "partner-pre-authorised": "note",
}


class Copy(NamedTuple):
    """A cell in which a copy is held for a partner."""

    cell: Facets
    rules: tuple[str, ...]
    restricted: bool


@dataclass
class _Told:
    """What becomes of a partner's copies: for each outcome the kinds, and the first cell that shows it."""

    kinds: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    first: dict[tuple[str, str], Copy] = field(default_factory=dict)

    def note(self, code: str, detail: str, copy: Copy) -> None:
        self.kinds.setdefault((code, detail), {})[copy.cell.kind] = None
        self.first.setdefault((code, detail), copy)


def reaching(book: RuleBook, on: date, agreements: Agreements) -> Iterator[Finding]:
    """Tell for each partner what waits for a person, what leaves without one, and what can never leave."""
    try:
        matcher = OpenMatcher(book, on=on)
    except RuleFileError:
        return  # reported as what it is: a body that no day knows
    for partner in partners(on):
        agreement = agreements.in_force(partner, on)
        try:
            if agreement is None:
                yield from _without_agreement(matcher, partner, on)
            else:
                yield from _partner(matcher, partner, agreement, on)
        except TooManyCellsError as error:
            yield Finding("error", "too-many-cells", f"{partner}: {error}", (), on)
    yield from _lapsing(agreements, on)


def _without_agreement(matcher: OpenMatcher, partner: str, on: date) -> Iterator[Finding]:
    """Tell of a partner for whom copies are held, by all rules that name it, and none can ever leave."""
    copy = next(_copies(matcher, partner, None, on), None)
    if copy is not None:
        named = [rule.id for rule in matcher.rules if _may_name(rule, partner)]
        named += [duty.id for duty in _duties_to(matcher.book, partner)]
        everything = copy._replace(rules=tuple(dict.fromkeys((*copy.rules, *named))))
        yield _finding("warning", "partner-without-agreement", partner, everything, on)


def _partner(matcher: OpenMatcher, partner: str, agreement: Agreement, on: date) -> Iterator[Finding]:
    told = _Told()
    tried: set[Hashable] = set()
    untried: dict[Hashable, Copy] = {}
    used: set[str] = set()
    for copy in _copies(matcher, partner, agreement, on):
        if (alike := _alike(agreement, copy)) not in tried:
            event = shown(copy.cell, on)
            if event is None:
                untried.setdefault(alike, copy)
                continue
            tried.add(alike)
            sharing = _shared(agreement, event, copy)
            for detail in _beyond(agreement, sharing, copy):
                told.note("partner-leak", detail, copy)
            used.update(agreement.accepting(copy.cell) if sharing.releasable and sharing.persons == 0 else ())
            told.note(*_outcome(sharing), copy)
    for alike in untried.keys() - tried:
        told.note("partner-untried", "", untried[alike])
    for (code, detail), kinds in told.kinds.items():
        severity = _SEVERITIES.get(code, "warning")
        subject = ": ".join(each for each in (partner, detail, _listed(kinds)) if each)
        yield _finding(severity, code, subject, told.first[code, detail], on)
    for cell in agreement.pre_authorised:
        if cell.id not in used:
            yield Finding("error", "pre-authorised-unreachable", f"{agreement.id}: {cell.id}", (), on)


def _alike(agreement: Agreement, copy: Copy) -> Hashable:
    """Return what of a copy a verdict depends on: of those that are alike one is tried, the plainest."""
    cell = copy.cell
    marks = cell.traits & {RED, STRICT}
    stated = cell.region is not None
    return cell.kind, cell.hazard, marks, copy.restricted, stated, agreement.accepting(cell)


def _copies(matcher: OpenMatcher, partner: str, agreement: Agreement | None, on: date) -> Iterator[Copy]:
    """Yield one cell of every class in which a copy is held for the partner; each also as RED and as AMBER+STRICT.

    Of a kind and hazard that the agreement does not name, one: nothing of it can leave, whatever else it is.
    """
    apart = OpenMatcher(RuleBook((tuple(_telling_apart(matcher, partner, agreement)),)), on=on)
    everything = (1 << len(apart.rules)) - 1
    for pair in kind_hazards():
        copies = (copy for cell in classes(apart, pair, everything) for copy in _held(matcher, partner, cell))
        named = agreement is not None and pair.kind in agreement.kinds and pair.hazard in agreement.hazards
        yield from copies if named else islice(copies, 1)


def _held(matcher: OpenMatcher, partner: str, plain: Facets) -> Iterator[Copy]:
    for cell in (plain, _marked(plain, RED), _marked(plain, STRICT)):
        found = next((each for each in matcher.decide(cell).partners if each.body == partner), None)
        if found is not None:
            yield Copy(cell, found.rules, found.restricted)


def _marked(cell: Facets, trait: str) -> Facets:
    return cell._replace(traits=cell.traits | {trait})


def _telling_apart(matcher: OpenMatcher, partner: str, agreement: Agreement | None) -> Iterator[Rule]:
    """Yield what can make a difference to the partner: rules, and as rules the conditions of duties and agreement."""
    for rule in matcher.rules:
        if rule.restricted or _may_name(rule, partner):
            yield rule
    for index, when in enumerate(_conditions(matcher.book, partner, agreement)):
        yield condition_rule(index, when)


def _may_name(rule: Rule, partner: str) -> bool:
    """Tell whether a rule names the partner, or by a symbol the bodies of its state."""
    return partner in rule.partners or (bodies()[partner].country is not None and bool(ABROAD & {*rule.partners}))


def _conditions(book: RuleBook, partner: str, agreement: Agreement | None) -> Iterator[When]:
    country = bodies()[partner].country
    duties = _duties_to(book, partner)
    for duty in duties:
        yield from (*duty.when, *duty.also, *duty.unless)
    if duties:
        yield from (When(severity=("Minor",)), When(traits=("river",)))
    if country is not None:
        yield from (When(neighbours=(country,)), When(downstream=(country,)))
    for cell in () if agreement is None else agreement.pre_authorised:
        yield from cell.when


def _duties_to(book: RuleBook, partner: str) -> list[DutyRule]:
    return [duty for duty in book.duties if partner in duty.obligation.addressees]


def _shared(agreement: Agreement, event: dict[str, object], copy: Copy) -> Sharing:
    told = event | {"tlp": _mark(copy.cell, event)}
    day = datetime.fromisoformat(str(event["observed"])).date()
    noon = datetime.combine(day, time(12), UTC)
    return share(agreement, parse_event(json.dumps(told).encode()), restricted=copy.restricted, now=noon)


def _mark(cell: Facets, event: dict[str, object]) -> object:
    if RED in cell.traits:
        return "RED"
    return "AMBER+STRICT" if STRICT in cell.traits else event.get("tlp", "GREEN")


def _outcome(sharing: Sharing) -> tuple[str, str]:
    if not sharing.releasable:
        return "partner-never", ", ".join(sharing.why)
    if sharing.persons == 0:
        return "partner-pre-authorised", ", ".join(sharing.cells)
    return "partner-waits", f"{sharing.persons}"


def _beyond(agreement: Agreement, sharing: Sharing, copy: Copy) -> Iterator[str]:
    """Find what would leave and should not: looked at from outside, without the code that let it."""
    if sharing.data is None:
        return
    seen = json.loads(sharing.data)
    if seen["kind"] not in agreement.kinds or seen["hazard"] not in agreement.hazards:
        yield f"{seen['kind']} ({seen['hazard']})"
    if not agreement.admits(seen["tlp"]):
        yield str(seen["tlp"])
    yield from sorted(_leaves(seen) - agreement.granted_names - _GOES_ALONG)
    if agreement.place != "exact" and not set(seen["where"]) <= {"district", "further_districts"}:
        yield "where"
    closed = copy.restricted or RED in copy.cell.traits
    if closed and sharing.persons < _TWO:
        yield "persons"
    if sharing.persons == 0 and agreement.pre_authorising(copy.cell) is None:
        yield "pre_authorised"


def _leaves(event: dict[str, object]) -> set[str]:
    found = set(event)
    for name, content in event.items():
        if name == "where":
            continue
        values = content.values() if name == "texts" and isinstance(content, dict) else content
        parts = [content] if isinstance(content, dict) and name != "texts" else values
        found |= {f"{name}.{each}" for part in _each(parts) if isinstance(part, dict) for each in part}
    return found


def _each(values: object) -> Iterable[object]:
    return () if isinstance(values, str) or not hasattr(values, "__iter__") else list(values)


def _listed(kinds: dict[str, None]) -> str:
    listed = list(kinds)
    more = f", +{len(listed) - _KINDS_SHOWN}" if len(listed) > _KINDS_SHOWN else ""
    return ", ".join(listed[:_KINDS_SHOWN]) + more


def _lapsing(agreements: Agreements, on: date) -> Iterator[Finding]:
    for agreement in agreements:
        if agreement.in_force(on) and agreements.in_force(agreement.partner, on + NOTICE) is None:
            ends = min((day for day in agreement.turning_days() if on < day <= on + NOTICE), default=on)
            yield Finding("warning", "agreement-lapses", f"{ends.isoformat()}: {agreement.id}", (), on)


def _finding(severity: Severity, code: str, subject: str, copy: Copy, on: date) -> Finding:
    return Finding(severity, code, subject, copy.rules, on, copy.cell, shown(copy.cell, on))

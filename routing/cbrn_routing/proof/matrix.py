"""The coverage matrix: who is told of every event at every severity in every region, and what each rule rests on.

What is shown is what the matcher decides; equal rows are shown as one, and nothing is left out. No words here: `page`
puts the matrix into a language.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from cbrn_routing.decision import Decision, Facets, Recipient, Role
from cbrn_routing.proof.cells import KindHazard, accepted, kind_hazards
from cbrn_routing.proof.columns import OpenMatcher
from cbrn_routing.proof.traits import trait_sets
from cbrn_routing.rulebook.matcher import is_general
from cbrn_routing.rulebook.vocabulary import HOME, REGIONS, SCALARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from cbrn_routing.rulebook import Rule, RuleBook, When

SEVERITIES: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
PLACES: Final = (*REGIONS, None)
"""Every region, and an event at home of which the region is not known."""


SHOWN: Final = frozenset({"kind", "hazard", "lane", "severity", "region"})
"""Facets that tell rows apart."""
COMMON_FROM: Final = 4
"""A line of as many kinds of a hazard is told once for the hazard."""
REGION: Final = "{region}"
MEMBERS: Final = "{members}"
Item = TypeVar("Item")


class Named(NamedTuple):
    """A body, or a word that stands for bodies (`{region}`), with the rules that name it."""

    name: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is told: equal for two cells if nothing of it differs."""

    lead: tuple[Named, ...] = ()
    support: tuple[Named, ...] = ()
    inform: tuple[Named, ...] = ()
    partners: tuple[Named, ...] = ()
    acknowledge_within_s: int | None = None
    restricted: bool = False


class Row(NamedTuple):
    """Cells in which the same bodies are told."""

    severities: tuple[str, ...]
    regions: tuple[str | None, ...]
    """Empty for all of them."""
    told: Recipients


class Line(NamedTuple):
    """A rule that acts, or does not act, only in some cells of a kind."""

    rule: Rule
    when: tuple[When, ...]
    """Its condition; or the exceptions, any of which stops it."""
    stops: bool
    """Whether the line tells when the rule does not act."""
    told: Recipients


class Block(NamedTuple):
    """One kind of event with one hazard."""

    kind: str
    rows: tuple[Row, ...]
    lines: tuple[Line, ...]


class Section(NamedTuple):
    """One hazard."""

    hazard: str
    common: tuple[Line, ...]
    """What holds for many of its kinds, told once."""
    blocks: tuple[Block, ...]


class Matrix(NamedTuple):
    """All of it."""

    hazards: tuple[Section, ...]
    general: tuple[Line, ...]
    """Rules that look neither at kind nor at hazard."""
    rules: tuple[Rule, ...]
    """All rules of the book, in its order; a rule's number is its place here, from 1."""
    idle: frozenset[str]
    """Ids of rules without a basis in force on the day."""
    unconfirmed: frozenset[str]
    """Ids of rules of which no basis in force has more than low confidence."""


def matrix(book: RuleBook, on: date) -> Matrix:
    """Make the coverage of a book on the day `on`. Raises RuleFileError for a book that the matcher refuses."""
    matcher = OpenMatcher(book, on=on)
    blocks = [(pair.hazard, _block(matcher, pair)) for pair in kind_hazards()]
    return Matrix(
        hazards=tuple(
            _section(name, [block for hazard, block in blocks if hazard == name]) for name in SCALARS["hazard"]
        ),
        general=tuple(_acts(rule) for rule in matcher.rules if is_general(rule)),
        rules=book.rules,
        idle=frozenset(rule.id for rule in book.rules) - {rule.id for rule in matcher.rules},
        unconfirmed=frozenset(rule.id for rule in matcher.rules if _is_unconfirmed(rule, on)),
    )


def _section(hazard: str, blocks: Sequence[Block]) -> Section:
    """Make the blocks of a hazard; lines that stand in many are told once, with the kinds in their condition."""
    acting = [line for block in blocks for line in block.lines if not line.stops]
    uses = Counter(line.rule.id for line in acting)
    common = {line.rule.id: line for line in acting if uses[line.rule.id] >= COMMON_FROM}
    return Section(
        hazard,
        tuple(common.values()),
        tuple(
            block._replace(lines=tuple(line for line in block.lines if line.stops or line.rule.id not in common))
            for block in blocks
        ),
    )


def _is_unconfirmed(rule: Rule, on: date) -> bool:
    return all(basis.confidence == "low" for basis in rule.bases if basis.in_force(on))


def _block(matcher: OpenMatcher, pair: KindHazard) -> Block:
    cells = {(severity, region): _cell(pair, severity, region) for severity in SEVERITIES for region in PLACES}
    told = {where: _told(matcher, matcher.decide(cell)) for where, cell in cells.items()}
    always = {rule.id for cell in cells.values() for rule in matcher.matching(cell)}
    return Block(pair.kind, _rows(told), tuple(_lines(matcher, pair, always)))


def _cell(pair: KindHazard, severity: str, region: str | None) -> Facets:
    """Return the cell of which nothing is known but its kind, hazard, severity and region."""
    return Facets(
        **pair.values,
        severity=severity,
        urgency="Unknown",
        certainty="Unknown",
        deliberate=None,
        status="Actual",
        region=region,
        country=HOME,
        neighbours=frozenset(),
        downstream=frozenset(),
        border=False,
        exposed=frozenset(),
        traits=trait_sets(pair.kind, frozenset())[0].traits,
    )


def _rows(told: dict[tuple[str, str | None], Recipients]) -> tuple[Row, ...]:
    """Merge severities that are equal in every region, and within them the regions that are equal."""
    rows: list[Row] = []
    for severities in _grouped(SEVERITIES, lambda severity: tuple(told[severity, region] for region in PLACES)):
        across = {region: told[severities[0], region] for region in PLACES}
        groups = _grouped(PLACES, across.__getitem__)
        rows += [Row(severities, () if len(groups) == 1 else regions, across[regions[0]]) for regions in groups]
    return tuple(rows)


def _lines(matcher: OpenMatcher, pair: KindHazard, always: set[str]) -> Iterable[Line]:
    """Yield what the rows do not tell: rules that look at more than kind, severity and region; exceptions."""
    for index, rule in enumerate(matcher.rules):
        if is_general(rule):
            continue
        cells = list(accepted(matcher, pair, index))
        matched = [rule in matcher.matching(cell) for cell in cells]
        if any(matched) and (rule.id not in always or rule.when.conditions().keys() - SHOWN):
            yield _acts(rule)
        if rule.id in always and not all(matched):
            yield Line(rule, rule.unless, stops=True, told=Recipients())


def _acts(rule: Rule) -> Line:
    def named(names: Iterable[str]) -> tuple[Named, ...]:
        return tuple(Named(name, (rule.id,)) for name in names)

    lead = () if rule.lead is None else (rule.lead,)
    told = Recipients(
        named(lead),
        named(rule.support),
        named(rule.inform),
        named(rule.partners),
        rule.acknowledge_within_s,
        rule.restricted,
    )
    return Line(rule, (rule.when,), stops=False, told=told)


def _told(matcher: OpenMatcher, decision: Decision) -> Recipients:
    """Sort out who is told; who is told only as head of the region or as a member stands under that word."""
    matching = matcher.matching(decision.facets)
    told = {role: [each for each in decision.recipients if each.role is role] for role in Role}
    return Recipients(
        _named(matching, told[Role.LEAD], "lead"),
        _named(matching, told[Role.SUPPORT], "support"),
        _named(matching, told[Role.INFORM], "inform"),
        tuple(Named(each.body, _of_rules(matching, each.rules)) for each in decision.partners),
        decision.acknowledge_within_s,
        any(each.restricted for each in decision.recipients),
    )


def _of_rules(matching: Sequence[Rule], named: Sequence[str]) -> tuple[str, ...]:
    """Pick the rules among the names; a partner may be named by a duty besides, or by a duty alone."""
    rules = {rule.id for rule in matching}
    return tuple(name for name in named if name in rules)


def _named(matching: Sequence[Rule], recipients: Sequence[Recipient], field: str) -> tuple[Named, ...]:
    """Name bodies that a rule names by their code, and after them the words under which others are told.

    `{region}` stands there also where the region is not known, so that only who is really meant tells rows apart.
    """
    words: dict[str, tuple[str, ...]] = {}
    bodies: list[Named] = []
    for each in recipients:
        asked = [_names(rule, field) for rule in matching if rule.id in each.rules]
        if any(each.body in names for names in asked):
            bodies.append(Named(each.body, each.rules))
        else:
            word = REGION if any(REGION in names for names in asked) else MEMBERS
            words[word] = tuple(dict.fromkeys((*words.get(word, ()), *each.rules)))
    by_region = tuple(rule.id for rule in matching if REGION in _names(rule, field))
    if by_region:
        words[REGION] = by_region
    return (*bodies, *(Named(word, rules) for word, rules in sorted(words.items())))


def _names(rule: Rule, field: str) -> tuple[str, ...]:
    return (rule.lead or "",) if field == "lead" else rule.support if field == "support" else rule.inform


def _grouped(values: Sequence[Item], key: Callable[[Item], object]) -> list[tuple[Item, ...]]:
    """Group values with equal keys, in the order of the first of each."""
    found: dict[object, list[Item]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return [tuple(group) for group in found.values()]

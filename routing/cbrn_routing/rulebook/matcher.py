"""The one interpretation of a rule book.

Each facet's value is compiled to a bit mask of the rules that accept it; a decision is the AND of the masks, so its
cost hardly depends on the number of rules, and a repeated cell costs one look-up. Router, check, explain and replay all
decide through this class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.decision import Decision, Facets, Recipient, Role, states_affected
from cbrn_routing.rulebook.directory import Directory
from cbrn_routing.rulebook.errors import Problem, RuleFileError
from cbrn_routing.rulebook.language import SYMBOLS, Rule, When
from cbrn_routing.rulebook.vocabulary import ANY, HOME, NEIGHBOURS, NONE, OTHER, SETS, UNKNOWN
from cbrn_routing.traits import RED, STRICT
from cbrn_schemas.catalogue.bodies import body_meant

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.rulebook.book import RuleBook
    from cbrn_routing.rulebook.duty_rules import DutyRule

CACHE_SIZE: Final = 16_384
"""Decisions kept a rule book: about 2 KiB each with their facets, so 32 MiB at the very worst; a day's traffic has some
hundreds of different cells.
"""

_Mask = Callable[[object], int]


class _Told(NamedTuple):
    """What a rule says of whom, symbols not yet resolved."""

    rule: str
    names: tuple[tuple[Role, str], ...]
    partners: tuple[str, ...]
    acknowledge_within_s: int | None
    restricted: bool


class Matcher:
    """A compiled rule book that decides. Not changed after it is made but for its cache, so threads may share it."""

    def __init__(
        self,
        book: RuleBook,
        directory: Directory | None = None,
        *,
        on: date | tuple[date, ...] | None = None,
        as_of: date | None = None,
        cache_size: int = CACHE_SIZE,
    ) -> None:
        """Compile `book` against the bodies of `directory` (the catalogue's, if not given).

        With `on`, rules without a basis in force on that day (on any of several) are left out, and the catalogue is the
        first day's. `as_of` is what decisions say of the day by whose bodies they were made, if it is not today.

        Raises:
            RuleFileError: a rule names a body that the directory does not hold, or a foreign one outside `partners`.
        """
        self.book = book
        self.digest: Final = book.digest
        days = on if on is None or isinstance(on, tuple) else (on,)
        self._as_of = as_of
        self._directory = directory or Directory.from_catalogue(days[0] if days else None)
        self._rules = tuple(rule for rule in book.rules if days is None or any(map(rule.in_force, days)))
        _refuse_strangers(self._rules, self._directory)
        self._told = tuple(_told(rule) for rule in self._rules)
        self._when = _columns([rule.when for rule in self._rules])
        exceptions = [(index, unless) for index, rule in enumerate(self._rules) for unless in rule.unless]
        self._unless = _columns([unless for _, unless in exceptions])
        self._unless_of = tuple(1 << index for index, _ in exceptions)
        self._leads = _bits(index for index, rule in enumerate(self._rules) if rule.lead is not None)
        self._neighbours = frozenset(chain.from_iterable(self._directory.by_country.values()))
        self._restricted = _bits(index for index, rule in enumerate(self._rules) if rule.restricted)
        self._general = _bits(index for index, rule in enumerate(self._rules) if is_general(rule))
        self._duties = _Duties(duty for duty in book.duties if days is None or any(map(duty.obligation.binds, days)))
        self._cache: dict[Facets, Decision] = {}
        self._cache_size = cache_size

    def decide(self, facets: Facets) -> Decision:
        """Decide who is told in this cell. The same object for the same cell while it is in the cache."""
        decision = self._cache.get(facets)
        if decision is None:
            decision = self._decide(facets)
            if len(self._cache) >= self._cache_size:
                self._cache.pop(next(iter(self._cache)), None)
            self._cache[facets] = decision
        return decision

    def matching(self, facets: Facets) -> tuple[Rule, ...]:
        """Return the rules that match this cell, in the book's order: what `decide` stands on."""
        return tuple(self._rules[index] for index in _indices(self._matching(facets)))

    def accepting(self, facets: Facets) -> tuple[Rule, ...]:
        """Return the rules whose conditions hold in this cell, also those that are silent on what is closed."""
        return tuple(self._rules[index] for index in _indices(self._accepting(facets)))

    def _matching(self, facets: Facets) -> int:
        return self._need_to_know(self._accepting(facets), facets)

    def _accepting(self, facets: Facets) -> int:
        matched = _accepted(self._when, facets, (1 << len(self._rules)) - 1)
        for exception in _indices(_accepted(self._unless, facets, (1 << len(self._unless_of)) - 1)):
            matched &= ~self._unless_of[exception]
        return matched

    def _need_to_know(self, matched: int, facets: Facets) -> int:
        """Drop the others where a restricted rule speaks; what is for named persons alone, no general rule tells."""
        if matched & self._restricted:
            return matched & self._restricted
        return matched & ~self._general if RED in facets.traits else matched

    def _decide(self, facets: Facets) -> Decision:
        matched = self._matching(facets)
        leads = matched & self._leads
        first_lead = leads & -leads
        told = [(self._told[index], 1 << index == first_lead) for index in _indices(matched)]
        restricted = RED in facets.traits or any(rule.restricted for rule, _ in told)
        deadlines = [rule.acknowledge_within_s for rule, _ in told if rule.acknowledge_within_s is not None]
        duties = self._duties.raised(facets)
        recipients = _recipients(self._named(told, facets), restricted=restricted)
        held = chain(self._partners(told, facets), () if restricted else self._owed(duties, facets))
        partners = _recipients(held, restricted=restricted)
        if STRICT in facets.traits:
            recipients = tuple(each for each in recipients if self.stays_inside(each.body, each.role))
            partners = ()
        return Decision(
            facets=facets,
            recipients=recipients,
            partners=partners,
            acknowledge_within_s=min(deadlines, default=None),
            rulebook=self.digest,
            duties=duties,
            as_of=self._as_of,
            sealed=restricted,
        )

    def stays_inside(self, body: str, role: Role) -> bool:
        """Tell whether what stays among the members may go to the body in this role: to a member, or to who leads."""
        return role is Role.LEAD or body in self._directory.inside

    def _named(self, told: Sequence[tuple[_Told, bool]], facets: Facets) -> Iterator[tuple[str, Role, str]]:
        """Yield (body, role, rule) for everyone at home; of all lead rules only the first names its lead."""
        for rule, leads in told:
            for role, name in rule.names:
                if role is not Role.LEAD or leads:
                    for body in self._directory.resolve(name, facets):
                        yield body, role, rule.rule

    def _partners(self, told: Sequence[tuple[_Told, bool]], facets: Facets) -> Iterator[tuple[str, Role, str]]:
        for rule, _ in told:
            for name in rule.partners:
                for body in self._directory.resolve(name, facets):
                    yield body, Role.INFORM, rule.rule

    def _owed(self, duties: Iterable[str], facets: Facets) -> Iterator[tuple[str, Role, str]]:
        """Name whoever is owed a notice by these duties: the copy is held for them, too.

        Not in what is restricted: there the duty's own draft is all that a person may release.
        """
        for duty in duties:
            rule = self.book.duty(duty)
            clock = rule.obligation
            if clock.within is None and clock.target is None:
                continue  # a report, a declaration: no copy of the event goes with it
            if rule.possible and facets.severity == "Minor":
                continue
            states = states_affected(facets) if clock.affected_only else ()
            near = {body for state in states for body in self._directory.by_country.get(state, ())}
            for body in clock.addressees:
                if body in near or body not in self._neighbours:
                    yield body, Role.INFORM, duty


class _Duties:
    """Rules of duties as masks: any of `when`, all of `also`, none of `unless`."""

    def __init__(self, rules: Iterable[DutyRule]) -> None:
        conditions: list[When] = []

        def rows(some: Sequence[When]) -> int:
            """Return bits of conditions, each of which is one row of the masks."""
            conditions.extend(some)
            return _bits(range(len(conditions) - len(some), len(conditions)))

        self._asked = tuple(
            (rule.id, (rows(rule.when), *(rows((one,)) for one in rule.also)), rows(rule.unless)) for rule in rules
        )
        self._columns = _columns(conditions)
        self._all = (1 << len(conditions)) - 1

    def raised(self, facets: Facets) -> tuple[str, ...]:
        """Return ids of the rules whose duties arise in this cell, sorted."""
        holds = _accepted(self._columns, facets, self._all)
        return tuple(
            sorted(
                identifier
                for identifier, needed, excluded in self._asked
                if not holds & excluded and all(holds & clause for clause in needed)
            )
        )


def _recipients(named: Iterable[tuple[str, Role, str]], *, restricted: bool) -> tuple[Recipient, ...]:
    """Name each body once, in its strongest role, with the rules that gave it that role; leads first, then by code."""
    strongest: dict[str, tuple[Role, list[str]]] = {}
    for body, role, rule in named:
        held = strongest.get(body)
        if held is None or role > held[0]:
            strongest[body] = (role, [rule])
        elif role == held[0] and rule not in held[1]:
            held[1].append(rule)
    ordered = sorted(strongest.items(), key=lambda item: (-item[1][0], item[0]))
    return tuple(Recipient(body, role, tuple(rules), restricted) for body, (role, rules) in ordered)


def _told(rule: Rule) -> _Told:
    names = [(Role.LEAD, rule.lead)] if rule.lead is not None else []
    names += [(Role.SUPPORT, name) for name in rule.support]
    names += [(Role.INFORM, name) for name in rule.inform]
    return _Told(rule.id, tuple(names), rule.partners, rule.acknowledge_within_s, rule.restricted)


def is_general(rule: Rule) -> bool:
    """Tell whether the rule looks neither at kind nor at hazard: by how bad it is, by intent, by who is near."""
    return not {"kind", "hazard"} & rule.when.conditions().keys()


def _refuse_strangers(rules: Iterable[Rule], directory: Directory) -> None:
    problems = []
    for rule in rules:
        named = {"lead": (rule.lead,) if rule.lead else (), "support": rule.support, "inform": rule.inform}
        for field, names in named.items():
            for name in set(names) - directory.home - set(SYMBOLS):
                foreign = name in directory.foreign
                message = f"«{name}» is a foreign body" if foreign else f"no body has the code «{name}»"
                remedy = "Name it under partners." if foreign else body_meant(name)
                problems.append(Problem("rule book", rule.id, field, message, remedy))
        for name in set(rule.partners) - directory.foreign - set(SYMBOLS):
            message = f"«{name}» is no neighbour or organisation"
            problems.append(
                Problem("rule book", rule.id, "partners", message, "Name bodies at home under support or inform.")
            )
    if problems:
        raise RuleFileError(tuple(problems))


def _columns(conditions: Sequence[When]) -> tuple[tuple[int, _Mask], ...]:
    """Return the position in `Facets` and the masks of every facet that any of the conditions names."""
    named = [when.conditions() for when in conditions]
    columns = []
    for position, facet in enumerate(Facets._fields):
        values = [one.get(facet) for one in named]
        if any(value is not None for value in values):
            columns.append((position, _set_column(values) if facet in SETS else _scalar_column(facet, values)))
    return tuple(columns)


def _accepted(columns: tuple[tuple[int, _Mask], ...], facets: Facets, rules: int) -> int:
    """Return the rules among `rules` all of whose conditions hold."""
    for position, mask in columns:
        rules &= mask(facets[position])
        if not rules:
            break
    return rules


def _scalar_column(facet: str, conditions: Sequence[tuple[str | bool, ...] | None]) -> _Mask:
    masks, free = _masks(conditions)
    accepting: dict[object, int] = {value: mask | free for value, mask in masks.items()}
    otherwise = accepting.get(OTHER, free) if facet == "country" else free
    if facet == "country":
        for known in (HOME, *NEIGHBOURS):
            accepting.setdefault(known, free)
    accepting[None] = accepting.get(UNKNOWN, free)
    return lambda value: accepting.get(value, otherwise)


def _set_column(conditions: Sequence[tuple[str | bool, ...] | None]) -> _Mask:
    masks, free = _masks(conditions)
    empty = free | masks.pop(NONE, 0)
    filled = free | masks.pop(ANY, 0)

    def mask(values: object) -> int:
        if not values:
            return empty
        accepted = filled
        for value in values:  # type: ignore[attr-defined] # a frozenset: the facet is one of SETS
            accepted |= masks.get(value, 0)
        return accepted

    return mask


def _masks(conditions: Sequence[tuple[str | bool, ...] | None]) -> tuple[dict[str | bool, int], int]:
    """Return for each value the rules that name it, and the rules that leave the facet open."""
    masks: dict[str | bool, int] = {}
    for index, values in enumerate(conditions):
        for value in values or ():
            masks[value] = masks.get(value, 0) | 1 << index
    return masks, _bits(index for index, values in enumerate(conditions) if values is None)


def _bits(indices: Iterable[int]) -> int:
    return sum(1 << index for index in indices)


def _indices(mask: int) -> Iterator[int]:
    """Yield positions of the bits set, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest

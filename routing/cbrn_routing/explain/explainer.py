"""Works out why a body was told, or why not, in one cell of one rule book.

What matches is the matcher's word alone; here its word is taken apart. Pure: no clock, no files.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.decide import decided
from cbrn_routing.decision import Role, with_successors
from cbrn_routing.explain.account import Account, Explanation, Naming, RecipientAccount, WhyNot
from cbrn_routing.explain.conditions import Conditions
from cbrn_routing.rulebook import Directory
from cbrn_routing.traits import STRICT
from cbrn_schemas.catalogue.bodies import bodies, in_office

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from cbrn_routing.decision import Decision, Facets, Recipient
    from cbrn_routing.rulebook import Eras, Matcher, Rule


class _Word(NamedTuple):
    """One name in a rule."""

    rule: Rule
    role: Role
    partner: bool
    word: str


class Explainer:
    """An explainer of the decisions of one rule book on one day. What it compiles is kept."""

    def __init__(
        self, matcher: Matcher, directory: Directory, on: date | None = None, also: date | None = None
    ) -> None:
        """Explain what `matcher` decides with the bodies of `directory`.

        `on` is the day whose bodies and laws count, `also` a second one whose laws do; None: every rule is active.
        """
        self._matcher = matcher
        self._directory = directory
        self._on = on
        self._days = tuple(day for day in (on, also) if day is not None)
        self._conditions = Conditions(matcher.book.rules)
        self._words: Final = tuple(chain.from_iterable(map(_words, matcher.book.rules)))

    @classmethod
    def on(cls, eras: Eras, day: date, today: date | None = None) -> Explainer:
        """Make one for decisions by bodies of `day`; with `today`, rules in force then count too (see `Eras.on`)."""
        return cls(eras.on(day, today), Directory.from_catalogue(day), day, today)

    def explain(
        self,
        facets: Facets,
        *,
        further: Sequence[Facets] = (),
        today: date | None = None,
        earlier: Iterable[str] = (),
    ) -> Explanation:
        """Explain why the decision in this cell, and those of the event's other places and hazards, is as it is.

        `today` puts today's successors in the place of bodies of the past; `earlier` are bodies that were told only
        since they had been told before.
        """
        decision = decided(self._matcher, (facets, *further))
        namings = self._all_namings(decision)
        matched = {naming.account.rule.id for naming in namings if naming.account.matches}
        matching = [rule for rule in self._matcher.book.rules if rule.id in matched]
        told = [_told(each, namings, partner=False) for each in decision.recipients]
        if decision.as_of is not None and today is not None:
            told = [_passed_on(each, today) for each in told]
            told += _heirs(decision, told, today)
        told += [
            RecipientAccount(body, Role.INFORM, partner=False, restricted=False, namings=(), earlier=True)
            for body in earlier
        ]
        told += [_told(each, namings, partner=True) for each in decision.partners]
        within = decision.acknowledge_within_s
        return Explanation(
            decision,
            self._on,
            tuple(told),
            deadline_by=tuple(
                rule.id for rule in matching if within is not None and rule.acknowledge_within_s == within
            ),
            restricted_by=tuple(rule.id for rule in matching if rule.restricted),
            other_leads=tuple(naming for naming in namings if naming.outranked_by is not None),
        )

    def why_not(self, body: str, explanation: Explanation) -> WhyNot:
        """Return every rule of the book that could name `body`, the nearest first, and what stood in its way."""
        namings = [
            naming
            for naming in self._all_namings(explanation.decision)
            if body in stands_for(self._directory, naming.word)
        ]
        namings.sort(key=lambda naming: (_distance(naming, body), -naming.role))
        remarks, instead = self._remarks(body)
        if not namings:
            remarks.append("no-rule")
        return WhyNot(body, explanation.about(body), tuple(remarks), instead, tuple(namings))

    def _all_namings(self, decision: Decision) -> list[Naming]:
        """List every name in every rule, of one with several cells where it matched; who'd lead another supports."""
        namings = self._namings(decision.facets, self._accounts(decision.facets))
        seen = {(each.account.rule.id, each.word, each.stands_for) for each in namings if each.account.matches}
        for cell in decision.cells[1:]:
            for each in self._namings(cell, self._accounts(cell)):
                name = (each.account.rule.id, each.word, each.stands_for)
                if each.account.matches and each.outranked_by is None and name not in seen:
                    seen.add(name)
                    namings.append(replace(each, role=min(each.role, Role.SUPPORT)))
        return namings

    def _accounts(self, facets: Facets) -> dict[str, Account]:
        holding = self._conditions.in_cell(facets)
        matching = {rule.id for rule in self._matcher.matching(facets)}
        return {
            rule.id: Account(
                rule,
                in_force=not self._days or any(map(rule.in_force, self._days)),
                matches=rule.id in matching,
                conditions=holding.conditions(rule.when),
                exceptions=tuple(map(holding.conditions, rule.unless)),
            )
            for rule in self._matcher.book.rules
        }

    def _namings(self, facets: Facets, accounts: dict[str, Account]) -> list[Naming]:
        """Return every name in every rule, in the book's order."""
        closed = STRICT in facets.traits
        first_lead = next((word.rule.id for word in self._words if _leads(word, accounts)), None)
        return [
            Naming(
                accounts[word.rule.id],
                word.role,
                word.partner,
                word.word,
                self._directory.resolve(word.word, facets),
                first_lead if _leads(word, accounts) and word.rule.id != first_lead else None,
                closed and accounts[word.rule.id].matches and not self._stays_inside(word, facets),
            )
            for word in self._words
        ]

    def _stays_inside(self, word: _Word, facets: Facets) -> bool:
        bodies_named = self._directory.resolve(word.word, facets)
        return not word.partner and any(self._matcher.stays_inside(body, word.role) for body in bodies_named)

    def _remarks(self, body: str) -> tuple[list[str], tuple[str, ...]]:
        known = bodies().get(body)
        remarks = ["foreign"] if body in self._directory.foreign else []
        if known is None:
            return remarks, ()
        if not known.receives:
            remarks.append("receives-nothing")
        if self._on is None or known.valid_on(self._on):
            return remarks, ()
        remarks.append("not-yet" if known.valid_from is not None and known.valid_from > self._on else "gone")
        return remarks, in_office(body, self._on)


def _passed_on(told: RecipientAccount, today: date) -> RecipientAccount:
    """Mark a body that is gone by today as not told itself."""
    heirs = in_office(told.body, today)
    return told if heirs == (told.body,) else replace(told, passed_to=heirs)


def _heirs(decision: Decision, told: list[RecipientAccount], today: date) -> Iterator[RecipientAccount]:
    """Yield those who are told today in the place of bodies of the event's day."""
    named = {each.body for each in told}
    for heir in with_successors(decision.recipients, today):
        if heir.body not in named:
            before = [each for each in told if heir.body in each.passed_to]
            yield RecipientAccount(
                heir.body,
                heir.role,
                partner=False,
                restricted=heir.restricted,
                namings=tuple(chain.from_iterable(each.namings for each in before)),
                in_place_of=tuple(each.body for each in before),
            )


def stands_for(directory: Directory, name: str) -> frozenset[str]:
    """Return the bodies for which a rule's word may stand in some cell."""
    match name:
        case "{region}":
            return frozenset(chain.from_iterable(directory.by_region.values()))
        case "{neighbours}" | "{downstream}":
            return frozenset(chain.from_iterable(directory.by_country.values()))
        case "{members}":
            return frozenset(directory.members)
        case _:
            return frozenset((name, *directory.stands_for.get(name, ())))


def _words(rule: Rule) -> Iterator[_Word]:
    if rule.lead is not None:
        yield _Word(rule, Role.LEAD, False, rule.lead)  # noqa: FBT003 - a row of the table
    for role, partner, names in (
        (Role.SUPPORT, False, rule.support),
        (Role.INFORM, False, rule.inform),
        (Role.INFORM, True, rule.partners),
    ):
        for name in dict.fromkeys(names):
            yield _Word(rule, role, partner, name)


def _leads(word: _Word, accounts: dict[str, Account]) -> bool:
    return word.role is Role.LEAD and accounts[word.rule.id].matches


def _told(recipient: Recipient, namings: list[Naming], *, partner: bool) -> RecipientAccount:
    named = [
        naming
        for naming in namings
        if naming.account.matches
        and naming.partner is partner
        and naming.outranked_by is None
        and recipient.body in naming.stands_for
    ]
    named.sort(key=lambda naming: -naming.role)
    rules = {naming.account.rule.id for naming in named}
    owed = tuple(rule for rule in recipient.rules if rule not in rules) if partner else ()
    return RecipientAccount(recipient.body, recipient.role, partner, recipient.restricted, tuple(named), owed_by=owed)


def _distance(naming: Naming, body: str) -> tuple[int, int]:
    """Measure what would have to be otherwise for this rule to name the body: first the event itself, then all else."""
    elsewhere = body not in naming.stands_for
    return naming.account.about_another_event, (
        naming.account.obstacles + elsewhere + (naming.outranked_by is not None) + naming.for_members_only
    )

"""What a decision is: the facets that it depends on and the bodies that it names.

Pure data; how it is reached is the matcher's business (`rulebook`), how it is carried out the router's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.traits import STRICT
from cbrn_schemas.catalogue.bodies import in_office

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date


class Role(IntEnum):
    """What is expected of a body that is told; the greater, the stronger."""

    INFORM = 1
    SUPPORT = 2
    LEAD = 3

    @property
    def code(self) -> str:
        """The role as headers and records write it: `lead`, `support`, `inform`."""
        return self.name.lower()


CRISIS_CENTRE: Final = "mes"
"""Told of what nobody else could be told of: the ministry that runs the crisis management centre."""
PARTNER_ROLE: Final = 0
"""In place of a `Role`, where a situation remembers a neighbour or organisation for whom copies were held."""


class Facets(NamedTuple):
    """Everything that a decision may depend on: a finite tuple, so that decisions can be looked up and proved.

    Set-valued facets are frozensets. `None` stands for «nobody knows».
    """

    lane: str
    hazard: str
    kind: str
    severity: str
    urgency: str
    certainty: str
    deliberate: bool | None
    status: str
    region: str | None
    """ISO 3166-2, `KG-J`."""
    country: str | None
    """ISO 3166-1 alpha-2 of the place; None where it cannot be said."""
    neighbours: frozenset[str]
    """Countries within 15 km."""
    downstream: frozenset[str]
    """Countries that the river reaches."""
    border: bool
    """At a border crossing."""
    exposed: frozenset[str]
    traits: frozenset[str]
    """Closed vocabulary of what the event's own data imply: `zoonosis`, `dangerous-disease`, `cwc-scheduled`,
    `pop`, `pesticide`, `pcb`, `river`, `vehicle`, ... (see `cbrn_routing.traits.TRAITS`)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A body that is told, in which role, by which rules."""

    body: str
    role: Role
    rules: tuple[str, ...]
    """Ids of the rules that named it in this role, in written order."""
    restricted: bool = False
    """Only named duty officers of the body may see it."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Who is told. `recipients` is sorted: lead, support, inform, each by body code.

    The matcher makes one object of each and keeps it, so a decision equals itself alone: as a dictionary's key it costs
    no more than its identity, where hashing some forty strings would cost more than deciding.
    """

    facets: Facets
    recipients: tuple[Recipient, ...]
    partners: tuple[Recipient, ...]
    """Neighbours and organisations: held for release by a named person, never sent by the machine."""
    acknowledge_within_s: int | None
    """Shortest deadline of the matching rules; None where no answer is asked for."""
    rulebook: str
    """Digest of the rule book that decided: sha256, 64 hexadecimal digits."""
    duties: tuple[str, ...] = field(default=())
    as_of: date | None = None
    """A day of the era by whose bodies it was decided; None for today's."""
    sealed: bool = False
    """For those alone whom it names, by a restricted rule or TLP RED; also where it then names nobody."""
    further: tuple[Decision, ...] = ()
    """What was decided for each other place or hazard of the event: `recipients` and the rest hold them already.
    Those that a sealed case silences are left out."""

    @property
    def cells(self) -> tuple[Facets, ...]:
        """Every cell that was decided, the event's own first."""
        return (self.facets, *(each.facets for each in self.further))

    @property
    def lead(self) -> Recipient | None:
        """The body that leads; None only where the rule book has a gap (which its check would have refused)."""
        first = self.recipients[0] if self.recipients else None
        return first if first is not None and first.role is Role.LEAD else None


def united(first: Decision, further: tuple[Decision, ...]) -> Decision:
    """Make one decision for an event in several places or with several hazards: whom any of them names is told.

    `first` is the event's own, and its lead leads; who would lead another supports. Where `first` is for named officers
    only, what the others say counts only if it is, too: a second hazard opens no sealed case.
    """
    if first.sealed:
        further = tuple(each for each in further if each.sealed)
    everything = (first, *further)
    restricted = any(each.sealed for each in everything)
    others = (_without_lead(recipient) for each in further for recipient in each.recipients)
    deadlines = [each.acknowledge_within_s for each in everything if each.acknowledge_within_s is not None]
    return replace(
        first,
        recipients=_strongest((*first.recipients, *others), restricted=restricted),
        partners=_strongest((one for each in everything for one in each.partners), restricted=restricted),
        acknowledge_within_s=min(deadlines, default=None),
        duties=tuple(sorted({duty for each in everything for duty in each.duties})),
        sealed=restricted,
        further=further,
    )


def _without_lead(recipient: Recipient) -> Recipient:
    return replace(recipient, role=min(recipient.role, Role.SUPPORT))


def _strongest(recipients: Iterable[Recipient], *, restricted: bool) -> tuple[Recipient, ...]:
    """Name each body once, in its strongest role, with all rules that gave it that role."""
    found: dict[str, Recipient] = {}
    for one in recipients:
        held = found.get(one.body)
        if held is None or one.role > held.role:
            found[one.body] = replace(one, restricted=restricted)
        elif one.role == held.role:
            found[one.body] = replace(held, rules=tuple(dict.fromkeys((*held.rules, *one.rules))))
    return tuple(sorted(found.values(), key=lambda each: (-each.role, each.body)))


def states_affected(facets: Facets) -> frozenset[str]:
    """Name the states within 15 km, and those that a river reaches where something got into it, or may."""
    wet = "river" in facets.traits or facets.kind == "tailings-failure"
    return facets.neighbours | facets.downstream if wet else facets.neighbours


def is_for_members(decision: Decision) -> bool:
    """Tell whether it stays among the members: TLP AMBER+STRICT."""
    return STRICT in decision.facets.traits


def told_on(decision: Decision, day: date) -> tuple[Recipient, ...]:
    """Return who is told on that day: for bodies of the past, which an old event names, their successors."""
    return decision.recipients if decision.as_of is None else with_successors(decision.recipients, day)


def with_successors(recipients: tuple[Recipient, ...], today: date) -> tuple[Recipient, ...]:
    """Return the recipients as they exist today: in place of those who are gone stand their successors.

    Each in the strongest role that falls to it, in the order of `Decision.recipients`.
    """
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        for code in in_office(recipient.body, today):
            held = found.get(code)
            if held is None or held.role < recipient.role:
                found[code] = replace(recipient, body=code)
    return tuple(sorted(found.values(), key=lambda each: (-each.role, each.body)))

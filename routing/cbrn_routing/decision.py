"""What a decision is: the facets that it depends on and the bodies that it names.

Pure data; how it is reached is the matcher's business (`rulebook`), how it is carried out the router's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_schemas.catalogue.bodies import in_office

if TYPE_CHECKING:
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
    `pop`, `pesticide`, `pcb`, `river`, `vehicle`, ... (see `cbrn_routing.facets.TRAITS`)."""


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
    """Shortest deadline of the matching rules; None where no answer is asked for (monitoring)."""
    rulebook: str
    """Digest of the rule book that decided: sha256, 64 hexadecimal digits."""
    duties: tuple[str, ...] = field(default=())
    as_of: date | None = None
    """A day of the era by whose bodies it was decided; None for today's."""

    @property
    def lead(self) -> Recipient | None:
        """The body that leads; None only where the rule book has a gap (which its check would have refused)."""
        first = self.recipients[0] if self.recipients else None
        return first if first is not None and first.role is Role.LEAD else None


def is_closed(decision: Decision) -> bool:
    """Whether it is for fewer eyes than the ordinary: a restricted rule, or TLP RED or AMBER+STRICT."""
    return "tlp-amber-strict" in decision.facets.traits or any(each.restricted for each in decision.recipients)


def with_successors(recipients: tuple[Recipient, ...], today: date) -> tuple[Recipient, ...]:
    """The recipients as they exist today: in place of those who are gone stand their successors.

    Each in the strongest role that falls to it, in the order of `Decision.recipients`.
    """
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        for code in in_office(recipient.body, today):
            held = found.get(code)
            if held is None or held.role < recipient.role:
                found[code] = replace(recipient, body=code)
    return tuple(sorted(found.values(), key=lambda each: (-each.role, each.body)))

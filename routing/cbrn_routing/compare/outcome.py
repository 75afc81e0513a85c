"""What a decision means for those concerned, and how two of them differ.

The same words serve the comparison of rule books cell by cell and of histories event by event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cbrn_routing.decision import Decision

What = Literal["role", "partner", "deadline", "restricted", "duty"]
"""What changes. `role` and `partner` concern one body; the others everybody who is told."""
EVERYBODY = ""
"""Stands in the place of a body where a change concerns everyone who is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Who is told how. None: not known, so not compared. Equal to itself alone, as the decision that it is made of."""

    roles: Mapping[str, str]
    """Body to role: `lead`, `support`, `inform`."""
    partners: frozenset[str]
    acknowledge_within_s: int | None
    restricted: bool | None = None
    duties: frozenset[str] | None = None
    severity: str = "Unknown"
    """What the event counts as, after what its own data say. Not compared."""

    @classmethod
    def of(cls, decision: Decision, *, owed: bool = True) -> Outcome:
        """Make what a decision means; without `owed` leave out the copies that are held by a duty alone."""
        return cls(
            {each.body: each.role.code for each in decision.recipients},
            frozenset(
                each.body for each in decision.partners if owed or not set(decision.duties).issuperset(each.rules)
            ),
            decision.acknowledge_within_s,
            decision.sealed,
            frozenset(decision.duties),
            decision.facets.severity,
        )


class Change(NamedTuple):
    """One difference. `before` or `after` is None where there is nothing: none → inform is an alert gained."""

    body: str
    """Code, `EVERYBODY`, or the id of a duty rule."""
    what: What
    before: str | int | bool | None
    after: str | int | bool | None


def changes(before: Outcome, after: Outcome) -> tuple[Change, ...]:
    """List every difference between two outcomes, by body; those that concern everybody last."""
    return tuple(_changes(before, after))


def _changes(before: Outcome, after: Outcome) -> Iterator[Change]:
    for body in sorted(before.roles.keys() | after.roles.keys()):
        had, has = before.roles.get(body), after.roles.get(body)
        if had != has:
            yield Change(body, "role", had, has)
    for body in sorted(before.partners ^ after.partners):
        yield _present(body, "partner", before.partners)
    if before.acknowledge_within_s != after.acknowledge_within_s:
        yield Change(EVERYBODY, "deadline", before.acknowledge_within_s, after.acknowledge_within_s)
    if None not in {before.restricted, after.restricted} and before.restricted is not after.restricted:
        yield Change(EVERYBODY, "restricted", before.restricted, after.restricted)
    if before.duties is not None and after.duties is not None:
        for duty in sorted(before.duties ^ after.duties):
            yield _present(duty, "duty", before.duties)


def _present(code: str, what: What, before: frozenset[str]) -> Change:
    """Return something that is there on one side only."""
    return Change(code, what, what, None) if code in before else Change(code, what, None, what)

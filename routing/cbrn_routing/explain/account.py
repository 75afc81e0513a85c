"""What an explanation consists of: accounts of rules, of bodies that were told, of bodies that were not.

Data only, with its JSON; who works it out is `explainer`, who puts it into words is `wording`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.decision import Decision, Role
    from cbrn_routing.explain.conditions import Condition
    from cbrn_routing.explain.origins import Origin
    from cbrn_routing.rulebook import Rule

_WHAT: Final = frozenset({"lane", "kind", "hazard"})
"""Facets that say what the event is; the others say how, where and how bad."""


@dataclass(frozen=True, slots=True)
class Account:
    """One rule in one cell."""

    rule: Rule
    in_force: bool
    """A basis of it holds on the day of the decision."""
    matches: bool
    """What the matcher says."""
    conditions: tuple[Condition, ...]
    exceptions: tuple[tuple[Condition, ...], ...]
    """Each `unless`, with all of its conditions."""

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that do not hold."""
        return tuple(condition for condition in self.conditions if not condition.holds)

    @property
    def taken_out_by(self) -> tuple[tuple[Condition, ...], ...]:
        """The exceptions that hold."""
        return tuple(one for one in self.exceptions if all(condition.holds for condition in one))

    @property
    def silenced(self) -> bool:
        """Whether all of it holds, and it says nothing all the same: the event is for fewer eyes (need to know)."""
        return self.in_force and not (self.matches or self.failed or self.taken_out_by)

    @property
    def obstacles(self) -> int:
        """How many things would have to be otherwise for the rule to match."""
        return len(self.failed) + len(self.taken_out_by) + (not self.in_force) + self.silenced

    @property
    def about_another_event(self) -> bool:
        """The rule is about other kinds of events, or another hazard: farther off than anything else."""
        return any(condition.facet in _WHAT for condition in self.failed)

    def as_json(self, on: date | None) -> dict[str, Any]:
        """Return plain values; each basis with whether it holds on the day `on` (today's, if None: not said)."""
        rule = self.rule
        return {
            "rule": rule.id,
            "title": rule.title.model_dump(),
            "matches": self.matches,
            "in_force": self.in_force,
            "silenced": self.silenced,
            "conditions": [condition.as_json() for condition in self.conditions],
            "unless": [
                {
                    "holds": all(condition.holds for condition in one),
                    "conditions": [condition.as_json() for condition in one],
                }
                for one in self.exceptions
            ],
            "basis": [
                {**basis.model_dump(exclude_none=True), "in_force": None if on is None else basis.in_force(on)}
                for basis in rule.bases
            ],
            "acknowledge_within_s": rule.acknowledge_within_s,
            "restricted": rule.restricted,
        }


@dataclass(frozen=True, slots=True)
class Naming:
    """A rule that names a body, or could."""

    account: Account
    role: Role
    partner: bool
    """Named under partners: a copy waits for release by a person."""
    word: str
    """What the rule says: the code, a symbol such as `{members}`, or the code of a predecessor or successor."""
    stands_for: tuple[str, ...]
    """The bodies for which the word stands in this cell."""
    outranked_by: str | None = None
    """A lead rule that matches, but this one stands before it."""
    for_members_only: bool = False
    """It matches, and the event stays among the members (TLP AMBER+STRICT), of whom the body is none."""

    def as_json(self, on: date | None) -> dict[str, Any]:
        """Return the rule's account, and how it names the body."""
        return {
            **self.account.as_json(on),
            "role": self.role.code,
            "partner": self.partner,
            "word": self.word,
            "stands_for": list(self.stands_for),
            "outranked_by": self.outranked_by,
            "for_members_only": self.for_members_only,
        }


@dataclass(frozen=True, slots=True)
class RecipientAccount:
    """A body that is told."""

    body: str
    role: Role
    partner: bool
    """Held for release by a person, not sent."""
    restricted: bool
    namings: tuple[Naming, ...]
    """Every matching rule that names it, the strongest role first; none where only `earlier` says why."""
    earlier: bool = False
    """RecipientAccount only because it had been told of the situation before."""
    in_place_of: tuple[str, ...] = ()
    """The bodies of the event's day whose task it has today."""
    owed_by: tuple[str, ...] = ()
    """Duties by which it is owed a notice, where no rule names it: so the copy is held for it, too."""
    passed_to: tuple[str, ...] = ()
    """It is gone by now: those who were told in its place; empty while it exists."""

    def as_json(self, on: date | None) -> dict[str, Any]:
        """Return plain values only."""
        return {
            "body": self.body,
            "role": self.role.code,
            "partner": self.partner,
            "restricted": self.restricted,
            "earlier": self.earlier,
            "in_place_of": list(self.in_place_of),
            "passed_to": list(self.passed_to),
            "owed_by": list(self.owed_by),
            "rules": [naming.as_json(on) for naming in self.namings],
        }


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why a body was not told: every rule that could name it, the nearest first."""

    body: str
    told: RecipientAccount | None
    """It was told after all; the rest then says what else could have named it."""
    remarks: tuple[str, ...]
    """`foreign`, `gone`, `not-yet`, `receives-nothing`, `no-rule`."""
    instead: tuple[str, ...]
    """Where it did not exist on that day: who had its task."""
    candidates: tuple[Naming, ...]

    def as_json(self, on: date | None) -> dict[str, Any]:
        """Return plain values only."""
        return {
            "body": self.body,
            "told": None if self.told is None else self.told.as_json(on),
            "remarks": list(self.remarks),
            "instead": list(self.instead),
            "rules": [naming.as_json(on) for naming in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision is as it is."""

    decision: Decision
    on: date | None
    """The day by whose bodies and laws it was decided."""
    told: tuple[RecipientAccount, ...]
    """Lead, support, inform, those told earlier, partners."""
    deadline_by: tuple[str, ...]
    """The rules that set the shortest deadline."""
    restricted_by: tuple[str, ...]
    """The rules that restrict it to named duty officers."""
    other_leads: tuple[Naming, ...]
    """Lead rules that matched after the first, and so do not lead."""
    origins: tuple[Origin, ...] = ()
    """Which field of the event gave which facet, where the event is at hand."""
    differs: tuple[str, ...] = ()
    """Fields of the record that this program would fill otherwise: most likely by another catalogue of bodies."""

    def about(self, body: str) -> RecipientAccount | None:
        """Find what became of one body; None where it was not told."""
        return next((told for told in self.told if told.body == body), None)

    def as_json(self) -> dict[str, Any]:
        """Return plain values, stable names."""
        facets, *further = (
            {name: sorted(value) if isinstance(value, frozenset) else value for name, value in cell._asdict().items()}
            for cell in self.decision.cells
        )
        return {
            "rulebook": self.decision.rulebook,
            "on": None if self.on is None else self.on.isoformat(),
            "facets": facets,
            "further": further,
            "origins": [origin.as_json() for origin in self.origins],
            "told": [told.as_json(self.on) for told in self.told],
            "acknowledge_within_s": self.decision.acknowledge_within_s,
            "deadline_by": list(self.deadline_by),
            "restricted_by": list(self.restricted_by),
            "other_leads": [naming.as_json(self.on) for naming in self.other_leads],
            "duties": list(self.decision.duties),
            "differs": list(self.differs),
        }

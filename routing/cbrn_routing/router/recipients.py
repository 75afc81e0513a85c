"""Who is told today: by a decision, and of a situation because they were told before.

A body that a decision or a memory names may be gone by now; its successors hear. What a situation has reached is
remembered by its shard (`state`), what a decision comes to only until the day or the book changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cbrn_routing.decision import PARTNER_ROLE, Decision, Recipient, is_for_members, told_on
from cbrn_routing.router.delivery import Plan, plan_delivery
from cbrn_routing.router.state import Situation
from cbrn_routing.rulebook import Directory
from cbrn_schemas.catalogue.bodies import bodies, in_office
from cbrn_schemas.errors import Doubt

if TYPE_CHECKING:
    from datetime import date

    from cbrn_routing.router.state import ShardState
    from cbrn_schemas.events import Incident
    from cbrn_schemas.topics import Lane, Realm

PLANS_MAX: Final = 10_000
"""Delivery plans kept: about 2 kB each, 20 MB at the most."""


class Recipients:
    """What decisions come to on one day, each laid out once."""

    def __init__(self, realm: Realm, lane: Lane) -> None:
        self._realm = realm
        self._lane = lane
        self._plans: dict[tuple[Decision, str, tuple[Doubt, ...]], Plan] = {}
        self._reached: dict[Decision, dict[str, int]] = {}
        self._today: date | None = None
        self.inside: frozenset[str] = frozenset()
        """Members and their services of today, and whoever has one of them for a successor."""

    def begin(self, today: date) -> None:
        """Begin a batch. All holds for a day: on the next, a body of the past may have another successor."""
        if today != self._today:
            self._today = today
            inside = Directory.from_catalogue(today).inside
            self.inside = frozenset(code for code in bodies() if not inside.isdisjoint(in_office(code, today)))
            self.forget()

    def forget(self) -> None:
        """Lay out everything anew."""
        self._plans.clear()
        self._reached.clear()

    def plan(self, decision: Decision, place: str, doubts: tuple[Doubt, ...]) -> Plan:
        """Return how a decision is delivered."""
        name = (decision, place, doubts)
        plan = self._plans.get(name)
        if plan is None:
            plan = plan_delivery(self._realm, self._lane, self._today_of(decision), decision, place, doubts)
            if decision.further:
                return plan  # Some kB a place and hazard, and hardly ever asked for again.
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            self._plans[name] = plan
        return plan

    def reached(self, decision: Decision) -> dict[str, int]:
        """Return bodies and roles of a decision. Shared between situations: never changed in place."""
        reached = self._reached.get(decision)
        if reached is None:
            partners = {partner.body: PARTNER_ROLE for partner in decision.partners}
            reached = partners | {each.body: int(each.role) for each in self._today_of(decision)}
            if decision.further:
                return reached
            if len(self._reached) >= PLANS_MAX:
                self._reached.clear()
            self._reached[decision] = reached
        return reached

    def _today_of(self, decision: Decision) -> tuple[Recipient, ...]:
        """Return those who are told today: whoever an old event names may have successors."""
        assert self._today is not None
        return told_on(decision, self._today)

    def passed_on(self, earlier: dict[str, int], reached: dict[str, int]) -> dict[str, int]:
        """Return earlier recipients as they exist today: for who is gone by now its successors, unless they are told.

        Its own topic may be gone too, and a missing topic stalls the lane.
        """
        assert self._today is not None
        found: dict[str, int] = {}
        for body, role in earlier.items():
            known = bodies().get(body)
            gone = role != PARTNER_ROLE and known is not None and not known.valid_on(self._today)
            for heir in in_office(body, self._today) if gone else (body,):
                if heir not in reached:
                    found[heir] = max(role, found.get(heir, role))
        return found


def follow(
    event: Incident, reached: dict[str, int], decision: Decision, state: ShardState, inside: frozenset[str]
) -> tuple[dict[str, int], tuple[Doubt, ...]]:
    """Keep the situation's memory; return the earlier recipients whom the rules do not name now, and doubts.

    What is for named bodies alone goes to those of the earlier ones who were told when it was so before; what stays
    among the members, to the earlier ones who are `inside`, too. Who is left out for that is left out with a doubt.
    """
    known = state.situations.get(event.situation)
    doubts: tuple[Doubt, ...] = ()
    correction = event.message_type != "Alert"
    duties = decision.duties
    if known is None:
        doubts = (Doubt.UNKNOWN_SITUATION,) if correction else ()
    elif known.cancelled:
        doubts = (Doubt.CANCELLED_SITUATION,)
    earlier: dict[str, int] = {}
    sealed = decision.sealed
    named: frozenset[str] = frozenset(reached) if sealed else frozenset()
    if known is not None:
        if correction:
            earlier = {body: role for body, role in known.recipients.items() if body not in reached}
            if sealed or is_for_members(decision):
                kept = inside.union(known.sealed) if not sealed else known.sealed
                if not earlier.keys() <= set(kept):
                    earlier = {body: role for body, role in earlier.items() if body in kept}
                    doubts += (Doubt.EARLIER_NOT_TOLD,)
        reached = known.recipients | reached
        named = named.union(known.sealed)
        duties = tuple(sorted({*known.duties, *(() if event.message_type == "Cancel" else duties)}))
    elif event.message_type == "Cancel":
        duties = ()
    cancelled = event.message_type == "Cancel" or (known is not None and known.cancelled)
    state.keep(event.situation, Situation(reached, cancelled, duties, tuple(sorted(named))))
    return earlier, doubts

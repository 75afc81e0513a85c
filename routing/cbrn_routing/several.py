"""One event of several districts, or of several hazards: everybody whom any of them concerns.

A substance that nobody knows yet may be a poison or an agent of disease; until an update narrows it, both services act.
Who leads is settled by the event's own hazard and place; whoever would lead another of its cells supports.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from cbrn_routing.decision import Recipient, Role
from cbrn_routing.facets import facets_of
from cbrn_schemas.events.base import Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.decision import Decision, Facets
    from cbrn_routing.jurisdiction import Gazetteer
    from cbrn_routing.rulebook.matcher import Matcher
    from cbrn_schemas.events import AnyEvent

MERGED_MAX = 1_024
"""Merged decisions kept: such events are rare, and each costs some kilobytes."""


class Several:
    """Decides events of several cells. Its answers are kept, so that equal cells have one decision object."""

    def __init__(self) -> None:
        self._merged: dict[tuple[Decision, ...], Decision] = {}

    def decide(self, event: AnyEvent, own: Facets, matcher: Matcher, gazetteer: Gazetteer) -> Decision:
        """The decision of the event's own cell, with all whom its further districts and hazards add."""
        decisions = tuple(dict.fromkeys(matcher.decide(cell) for cell in _cells(event, own, gazetteer)))
        found = self._merged.get(decisions)
        if found is None:
            if len(self._merged) >= MERGED_MAX:
                self._merged.clear()
            found = self._merged[decisions] = merged(decisions)
        return found


def _cells(event: AnyEvent, own: Facets, gazetteer: Gazetteer) -> Iterable[Facets]:
    there = (facets_of(event, gazetteer.locate(Where(district=code))) for code in event.where.districts)
    places = (own, *there)
    yield from places
    for hazard in event.other_hazards:
        yield from (place._replace(hazard=hazard) for place in places)


def merged(decisions: tuple[Decision, ...]) -> Decision:
    """The first decision, with everybody whom the others name."""
    first = decisions[0]
    closed = any(each.restricted for one in decisions for each in one.recipients)
    deadlines = [one.acknowledge_within_s for one in decisions if one.acknowledge_within_s is not None]
    own = (each for each in first.recipients)
    others = (
        replace(each, role=min(each.role, Role.SUPPORT)) for one in decisions[1:] for each in one.recipients
    )
    return replace(
        first,
        recipients=_strongest(chain(own, others), restricted=closed),
        partners=_strongest(chain.from_iterable(one.partners for one in decisions), restricted=closed),
        acknowledge_within_s=min(deadlines, default=None),
        duties=tuple(sorted({duty for one in decisions for duty in one.duties})),
    )


def _strongest(named: Iterable[Recipient], *, restricted: bool) -> tuple[Recipient, ...]:
    held: dict[str, Recipient] = {}
    for each in named:
        known = held.get(each.body)
        if known is None or each.role > known.role:
            held[each.body] = replace(each, restricted=restricted)
        elif each.role == known.role:
            rules = tuple(dict.fromkeys((*known.rules, *each.rules)))
            held[each.body] = replace(known, rules=rules)
    return tuple(sorted(held.values(), key=lambda each: (-each.role, each.body)))

"""Alerts of all bodies, their receipts, in whatever order they come; out of them where each body stands. Pure.

Both are remembered, each once; standings are folded anew when they are asked for. So what is read twice, or late, or
in another order gives the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.standing.party import Answer, State, Stray, party_standing
from cbrn_consumers.standing.told import Told
from cbrn_schemas.silence import SEVERITY_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cbrn_consumers.standing.party import PartyStanding

SITUATIONS_MAX: Final = 20_000
"""Situations remembered, with some five bodies and 2 KiB a message each: 200 MB. Of which nothing was heard for longest
is forgotten first, and counted."""
RECEIPTS_MAX: Final = 1_000
"""Receipts of a body on a situation; of more, the oldest are forgotten first."""
Committed = dict[tuple[str, int], int]
"""How far programs have taken alerts off a topic's partitions: the offset of the next."""
_ROLES: Final = {"lead": 0, "support": 1, "inform": 2}


class SituationStanding(NamedTuple):
    """Everybody who was told of a situation, and where each stands."""

    situation: str
    latest: Told
    """The latest that anybody was told of it."""
    parties: tuple[PartyStanding, ...]
    """Who leads first, then who supports, then who is informed; by code."""
    strays: tuple[tuple[Answer, Stray], ...]
    """Receipts that do not count, and why."""

    @property
    def ended(self) -> bool:
        """Whether it was cancelled."""
        return self.latest.ends

    @property
    def restricted(self) -> bool:
        """Whether anything about it is for named duty officers only."""
        return any(one.restricted for party in self.parties for one in party.versions)

    @property
    def asked(self) -> tuple[PartyStanding, ...]:
        """Those of whom an answer was ever expected."""
        return tuple(party for party in self.parties if party.asks)

    @property
    def answered(self) -> tuple[PartyStanding, ...]:
        """Those who have answered, and of whom nothing more is expected now. A withdrawn question is no answer."""
        return tuple(party for party in self.asked if party.answered_version and party.open_ask is None)

    def waiting(self) -> tuple[PartyStanding, ...]:
        """List those of whom an answer is expected now, who must answer first at the head."""
        waiting = [(ask.due, party.body, party) for party in self.parties if (ask := party.open_ask) is not None]
        return tuple(party for _, _, party in sorted(waiting, key=lambda one: one[:2]))

    def missing(self, now: datetime) -> tuple[PartyStanding, ...]:
        """List those whose time has run out."""
        return tuple(party for party in self.waiting() if party.missing(now))

    def urgency(self, now: datetime) -> tuple[bool, float, int, str]:
        """Return by what situations are sorted: first who is missed, then who must answer first, then the gravest."""
        waiting = self.waiting()
        due = min((party.open_ask.due.timestamp() for party in waiting if party.open_ask), default=float("inf"))
        severity = SEVERITY_ORDER[self.latest.facts.severity]
        return not self.missing(now), due, -severity, self.situation


@dataclass(slots=True)
class _Known:
    told: dict[str, dict[tuple[str, str, int], Told]] = field(default_factory=dict)
    """By body."""
    receipts: dict[str, dict[str, Answer]] = field(default_factory=dict)
    """By body and id."""
    in_place: set[str] = field(default_factory=set)
    """Bodies that the watch asked in another's place."""


class Standings:
    """What bodies were told and what they answered."""

    def __init__(self, committed: Mapping[tuple[str, int], int] | None = None) -> None:
        self.committed: Committed = dict(committed or {})
        self.forgotten = 0
        """Situations for which there was no room."""
        self._known: dict[str, _Known] = {}
        self._untold: dict[str, _Known] = {}
        """Of which there are receipts alone: what was told may be read later."""

    def __contains__(self, situation: str) -> bool:
        """Tell whether anybody is known to have been told of a situation."""
        return situation in self._known

    def tell(self, told: Told) -> None:
        """Take one message to one body into account; its earliest record, should it stand there twice."""
        known = self._situation(told.situation, told=True).told.setdefault(told.body, {})
        key = (*told.event, told.level)
        held = known.get(key)
        if held is None or told.order() < held.order():
            known[key] = told

    def ask_in_place(self, body: str, situation: str) -> None:
        """Note that the watch has asked a body in another's place: its answer counts there."""
        self._situation(situation, told=False).in_place.add(body)

    def take(self, answer: Answer) -> None:
        """Take one receipt into account; its earliest record, should it stand there twice."""
        receipt = answer.receipt
        known = self._situation(receipt.situation, told=False).receipts.setdefault(receipt.body, {})
        held = known.get(receipt.id)
        if held is None or answer.order() < held.order():
            known[receipt.id] = answer
        if len(known) > RECEIPTS_MAX:
            del known[min(known, key=lambda one: known[one].order())]

    def given(self, situation: str, body: str) -> list[Answer]:
        """List what a body has answered on a situation, whether it was told of it or not, in order."""
        known = self._known.get(situation) or self._untold.get(situation)
        return [] if known is None else sorted(known.receipts.get(body, {}).values(), key=Answer.order)

    def situations(self) -> tuple[str, ...]:
        """List the situations of which anybody was told."""
        return tuple(self._known)

    def first_told(self, situation: str) -> datetime | None:
        """Return when anybody was told of a situation first, by the broker's clock."""
        known = self._known.get(situation)
        return None if known is None else min(told.at for by_event in known.told.values() for told in by_event.values())

    def of(self, situation: str) -> SituationStanding | None:
        """Fold one situation; None where nobody was told of it. Receipts on it are strays then, see `strays`."""
        known = self._known.get(situation)
        if known is None:
            return None
        parties = [self._party(body, known) for body in known.told]
        parties.sort(key=lambda party: (_ROLES.get(party.role or "", len(_ROLES)), party.body))
        latest = max((party.latest for party in parties), key=Told.order)
        apart = [stray for party in parties for stray in party.strays]
        apart += _of_nobody(known)
        apart.sort(key=lambda stray: stray[0].order())
        return SituationStanding(situation, latest, tuple(parties), tuple(apart))

    def all(self) -> Iterator[SituationStanding]:
        """Fold each situation."""
        for name in self.situations():
            found = self.of(name)
            if found is not None:
                yield found

    def strays(self) -> tuple[tuple[Answer, Stray], ...]:
        """List receipts on situations of which nobody was told."""
        untold = (stray for known in self._untold.values() for stray in _of_nobody(known))
        return tuple(sorted(untold, key=lambda stray: stray[0].order()))

    def _party(self, body: str, known: _Known) -> PartyStanding:
        party = party_standing(known.told[body].values(), known.receipts.get(body, {}).values())
        origin = party.latest.origin
        delivered = self.committed.get((origin.topic, origin.partition), 0) > origin.offset
        return replace(party, reached=State.DELIVERED) if delivered and party.reached is State.ADDRESSED else party

    def _situation(self, name: str, *, told: bool) -> _Known:
        """Find a situation, or make it; receipts on what nobody was told of take no room from what somebody was."""
        told = told or name in self._known
        known = self._known.pop(name, None) or self._untold.pop(name, None) or _Known()
        room = self._known if told else self._untold
        room[name] = known  # at the end: the one of which something was heard last
        if len(room) > SITUATIONS_MAX:
            del room[next(iter(room))]
            self.forgotten += told
        return known


def _of_nobody(known: _Known) -> list[tuple[Answer, Stray]]:
    """List receipts of bodies that were not told, and whether they were asked in another's place."""
    return [
        (answer, Stray.IN_PLACE if body in known.in_place else Stray.NOT_TOLD)
        for body, given in known.receipts.items()
        if body not in known.told
        for answer in given.values()
    ]

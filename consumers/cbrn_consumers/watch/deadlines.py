"""What a body lacks: which answer is missing, of which alert, and since when its time has run out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbrn_consumers.standing import ASKED, State

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from cbrn_consumers.standing import Change, PartyStanding, Told
    from cbrn_schemas.unanswered import Lacking


class Lack(NamedTuple):
    """An answer that is waited for, or that was a refusal."""

    key: str
    """The same lack has the same, whatever else is told meanwhile."""
    lacking: Lacking
    """What is lacking once `due` has passed."""
    told: Told
    """The message that asked for it."""
    latest: Told
    """The last message of the situation: what it says now."""
    due: datetime
    changed: tuple[Change, ...] = ()
    reason: str | None = None


def lack_of(party: PartyStanding, accept_within: timedelta | None) -> Lack | None:
    """Return what a body lacks as it stands; None: nothing is waited for."""
    if party.ended:
        return None
    ask = party.open_ask
    if ask is not None:
        told = party.versions[ask.version - 1]
        return Lack(f"a\0{told.source}\0{told.id}", "not-acknowledged", told, party.latest, ask.due, ask.changed)
    if party.role not in ASKED:
        return None
    if party.reached is State.DECLINED:
        return _declined(party)
    if party.reached is State.ACKNOWLEDGED and accept_within is not None:
        return _not_accepted(party, accept_within)
    return None


def _declined(party: PartyStanding) -> Lack:
    answer = next(each for each in reversed(party.answers) if each.receipt.act == "declined")
    told = party.versions[party.version_of(answer) - 1]
    return Lack(f"d\0{answer.receipt.id}", "declined", told, party.latest, answer.at, reason=answer.receipt.reason)


def _not_accepted(party: PartyStanding, within: timedelta) -> Lack | None:
    """Count from the answer to what was last asked for: who acknowledges each update does not put it off."""
    answered = next((ask for ask in reversed(party.asks) if ask.answer is not None), None)
    if answered is None or answered.answer is None:
        return None  # nobody had asked it: it was informed, and has answered of itself
    told = party.versions[answered.version - 1]
    return Lack(f"c\0{told.source}\0{told.id}", "not-accepted", told, party.latest, answered.answer.at + within)

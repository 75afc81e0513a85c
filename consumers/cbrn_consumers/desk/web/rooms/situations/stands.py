"""The table of who stands where: one for a body that sees itself, for what the watch told it, and for all bodies. Pure.

Of the others no person is named to a ministry, and of a restricted situation it sees nobody but itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_consumers.standing import State

if TYPE_CHECKING:
    from datetime import datetime

    from cbrn_consumers.alert import RoleCode
    from cbrn_consumers.desk.store import Party, Row
    from cbrn_consumers.standing import Other, Others, PartyStanding, SituationStanding
    from cbrn_schemas.receipt import Act

STEPS: Final[tuple[Act, ...]] = ("acknowledged", "accepted", "en-route", "declined", "closed")


class Stand(NamedTuple):
    """Where one body stands."""

    body: str
    role: RoleCode | None
    state: State
    steps: tuple[tuple[str, datetime], ...]
    """What it was told and said, and when: the words of `standing`, but for `told`."""
    due: datetime | None
    level: int
    reason: str
    """Why it declined."""
    holder: str
    in_place: bool
    """Whether it was only asked in another's place."""


class Table(NamedTuple):
    """All of them, and how it is known."""

    stands: tuple[Stand, ...]
    complete: bool
    """Whether the others are in it."""
    as_of: datetime | None
    """Of which time it is, where the watch has told it."""


def table_of(
    standing: SituationStanding, others: Others | None, row: Row, own: str, now: datetime, *, all_bodies: bool
) -> Table:
    """Put it together for whoever sees `all_bodies`, or only what `own` may know."""
    if all_bodies:
        asked = tuple(_of_row(party, in_place=True) for party in row.beside)
        told = {party.body for party in standing.parties}
        return Table(
            (
                *(_of_party(party, now) for party in standing.parties),
                *(each for each in asked if each.body not in told),
            ),
            complete=True,
            as_of=None,
        )
    mine = tuple(_of_party(party, now) for party in standing.parties if party.body == own)
    if row.restricted or standing.restricted:
        return Table(mine, complete=False, as_of=None)
    if others is not None:
        return Table((*mine, *(_of_other(each, now) for each in others.beside(own))), complete=True, as_of=others.at)
    beside = tuple(_of_row(party, in_place=False) for party in row.parties if party.body != own)
    return Table((*mine, *beside), complete=bool(beside), as_of=None)


def _of_party(party: PartyStanding, now: datetime) -> Stand:
    said = [(act, answer.at) for act in STEPS if (answer := party.first(act)) is not None]
    declined = [each.receipt.reason for each in party.answers if each.receipt.act == "declined"]
    ask = party.open_ask
    return Stand(
        body=party.body,
        role=party.role,
        state=party.state(now),
        steps=(("told", party.versions[0].at), *sorted(said, key=lambda one: one[1])),
        due=None if ask is None else ask.due,
        level=party.level,
        reason=(declined[-1] or "") if declined and party.reached is State.DECLINED else "",
        holder=party.holder or "",
        in_place=False,
    )


def _of_other(other: Other, now: datetime) -> Stand:
    return Stand(
        body=other.body,
        role=other.role,
        state=other.state(now),
        steps=((other.reached.value, other.since),),
        due=other.due,
        level=other.level,
        reason=other.reason or "",
        holder="",
        in_place=False,
    )


def _of_row(party: Party, *, in_place: bool) -> Stand:
    """Take it from the row of the list, which names persons only to who may know them."""
    said = "told" if party.state is State.MISSING else party.state.value
    return Stand(
        body=party.body,
        role=party.role,
        state=party.state,
        steps=((said, party.since),),
        due=party.due,
        level=party.level,
        reason="",
        holder=(party.by or "") if in_place else "",
        in_place=in_place,
    )

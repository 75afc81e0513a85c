"""Where everybody stands who was told of a situation, put together for each of them; and told when it has changed.

Nothing of it is new: the same fold as the watch's own deadlines, of the same memory. Which bodies stand where is for
all that were told; of a restricted situation nobody is told, and what was said before it became so is taken back.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import structlog

from cbrn_consumers.standing import State, Told, party_standing
from cbrn_schemas.receipt import SeenEvent
from cbrn_schemas.standing_record import PartyStands, SituationStands, standing_record, standing_topic

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cbrn_consumers.standing import PartyStanding
    from cbrn_consumers.watch.memory import Party, Situation, WatchState
    from cbrn_routing.shards import Outbox
    from cbrn_schemas.topics import Realm

SAID_AT_ONCE: Final = 200
"""Situations told of in one transaction, to some eight bodies each, 1 kB a record. After an outage others wait until
all was read: of ten changes only what is so then is told."""
ORDER: Final = {"lead": 0, "support": 1, "inform": 2}
NAME_SHOWN: Final = 128
_SAID_BYTES: Final = 7
"""Of a digest: a number that any reader of JSON can hold."""

log = structlog.get_logger(__name__)


def standing_of(realm: Realm, name: str, body: str, party: Party) -> PartyStanding:
    """Fold what one body was told and has answered."""
    return party_standing(
        (row.told(realm, name, body) for row in party.told),
        (row.answer(realm, name, body) for row in party.answers),
    )


def stands_of(realm: Realm, name: str, situation: Situation, now: datetime) -> SituationStands | None:
    """Put together where everybody stands; None where nobody may be told of the others, or nothing is known."""
    if situation.restricted or not situation.parties:
        return None
    standings = {body: standing_of(realm, name, body, party) for body, party in situation.parties.items()}
    latest = max((standing.latest for standing in standings.values()), key=Told.order)
    parties = [_party(standing, situation.parties[body]) for body, standing in standings.items()]
    first = min(standing.versions[0].at for standing in standings.values())
    parties += [
        _of_older_state(body, role, situation, first)
        for body, role in situation.told.items()
        if body not in situation.parties
    ]
    return SituationStands(
        situation=name,
        event=SeenEvent(source=latest.source, id=latest.id),
        at=now,
        ended=latest.ends,
        parties=tuple(sorted(parties, key=lambda party: (ORDER[party.role], party.body))),
    )


def _party(standing: PartyStanding, party: Party) -> PartyStands:
    ask, state = standing.open_ask, standing.reached
    refusal = None
    if state is State.DECLINED:
        refusal = next(each for each in reversed(standing.answers) if each.receipt.act == "declined").receipt.reason
    given: dict[str, Any] = {
        "body": standing.body,
        "role": standing.role or "inform",
        "state": state.value,
        "since": standing.since,
        "due": None if ask is None else ask.due,
        "level": max(standing.level, 0 if party.chain is None else party.chain.level),
        "reason": refusal,
    }
    return PartyStands(**given)


def _of_older_state(body: str, role: Any, situation: Situation, first: datetime) -> PartyStands:
    """Say of an informed body what an older watch has written down of it: its role, and its answers."""
    answers = situation.strangers.get(body, ())
    if not answers:
        return PartyStands(body=body, role=role, state="addressed", since=first)
    last: Any = answers[-1]
    return PartyStands(body=body, role=role, state=last.act, since=last.at)


class Teller:
    """Tells everybody who was told of a situation where all of them stand, in the transaction that knows it."""

    def __init__(self, realm: Realm, hearers: Collection[str], outbox: Outbox, now: datetime) -> None:
        """Take the bodies that have such a topic."""
        self._realm = realm
        self._hearers = hearers
        self._outbox = outbox
        self._now = now

    def tell(self, state: WatchState) -> int:
        """Write of each situation that was touched, if what it says has changed; return how many records."""
        written = 0
        for name, situation in state.unsaid(SAID_AT_ONCE):
            hearers = sorted(situation.told.keys() & self._hearers)
            if not hearers:
                continue
            try:
                said = self._say(name, situation, hearers)
            except Exception as error:  # noqa: BLE001 - what fails by itself fails again, and the shard would stand
                log.error(  # noqa: TRY400 - its text may hold what is restricted
                    "bodies cannot be told where the others stand",
                    situation=name[:NAME_SHOWN],
                    error=type(error).__name__,
                    hint="`cbrn standing` shows it to the bus's officer. Answers are waited for all the same.",
                )
                continue
            if said != situation.said:
                state.note_said(name, situation, said)
                written += len(hearers)
        return written

    def _say(self, name: str, situation: Situation, hearers: list[str]) -> int:
        """Write what was not said before; return by what it is known again."""
        stands = stands_of(self._realm, name, situation, self._now)
        said = 0 if stands is None else _digest(stands, hearers)
        if said != situation.said:
            headers, value = ([], None) if stands is None else standing_record(stands)
            record = self._outbox.encode(name.encode(), value, headers)
            for body in hearers:
                self._outbox.append(standing_topic(self._realm, body), record)
        return said


def _digest(stands: SituationStands, hearers: list[str]) -> int:
    """Return by what it is known again, whenever it is said; to more bodies it is another."""
    said = f"{','.join(hearers)}\n{stands.model_dump_json(exclude={'at'})}"
    return int.from_bytes(blake2b(said.encode(), digest_size=_SAID_BYTES).digest(), "big") or 1

"""What the records of a duty together say: its state, its clock, its evidence.

The order of records does not matter, and a record that comes twice counts once: readers may begin anywhere, and writers
may repeat themselves. What a person says counts where the reader's verifier finds whose it is, at the time when the
broker took it; one person counts once. A reader without a trust file can tell of nothing that it was released.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar, cast

from cbrn_routing.duties.said import Said, Verifier
from cbrn_schemas.duty import Answered, Decided, Drafted, Noted, Overdue, Raised, Released

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_schemas.duty import Duty, Evidence

Entry = Raised | Noted | Drafted | Released | Answered | Overdue | Decided
EVENTS_MAX: Final = 300
"""Events that a draft names, the newest: 1 KB each in three languages, 0.3 MB; a record holds 1 MB. A sensor that
sends an update every minute would else outgrow the record within a day, and nobody would be told of any duty."""
FACTS_MAX: Final = 50
"""Facts of a duty's basis, the first to be reported."""

_Key = TypeVar("_Key")
_Entry = TypeVar("_Entry", bound=Entry)


class State(StrEnum):
    """How far a duty has come."""

    RAISED = "raised"
    DRAFTED = "drafted"
    RELEASED_BY_ONE = "released-by-one"
    """One of the two persons who are needed has released it."""
    RELEASED = "released"
    ANSWERED = "answered"


OPEN: Final = frozenset({State.RAISED, State.DRAFTED, State.RELEASED_BY_ONE})
"""Nothing has been told to anybody yet, as far as this reader can know."""


@dataclass
class DutyState:
    """One duty. Only `add` changes it."""

    id: str
    verifier: Verifier = field(default_factory=Verifier, compare=False)
    """Whose word counts; as it is given here, nobody's."""
    raised: dict[tuple[str, str], Raised] = field(default_factory=dict)
    """By source and id of the event."""
    notes: dict[tuple[str, str, str], Noted] = field(default_factory=dict)
    drafts: dict[str, Drafted] = field(default_factory=dict)
    """By digest."""
    words: dict[Released | Answered, datetime] = field(default_factory=dict)
    """What persons said, and when the broker first took it: a copy says nothing new."""
    alarms: dict[str, Overdue] = field(default_factory=dict)
    """By limit; the first alarm counts."""
    decided: dict[str, Decided] = field(default_factory=dict)
    """Answers to what persons have decided, by the decision's id; the first counts."""

    def add(self, record: Entry, taken: datetime) -> None:
        """Take a record in, with the broker's time of it. Doing so twice, or in another order, makes no difference."""
        match record:
            case Raised():
                _earliest(self.raised, _name(record.duty.evidence), record)
            case Noted():
                _earliest(self.notes, (*_name(record.evidence), record.note), record)
            case Drafted() if record.genuine:
                _earliest(self.drafts, record.digest, record)
            case Released() | Answered():
                self.words[record] = min(taken, self.words.get(record, taken))
            case Overdue():
                _earliest(self.alarms, record.limit, record)
            case Decided():
                _earliest(self.decided, record.decision, record)

    @property
    def known(self) -> bool:
        """Whether any event raised it: of a duty without that only fragments are left."""
        return bool(self.raised)

    @property
    def first(self) -> Raised:
        """The record that started the clock."""
        return min(self.raised.values(), key=_order)

    @property
    def latest(self) -> Raised:
        """The record with the newest report: what a draft is made of.

        A report that claims to come from the future is as new as the router's decision on it: else a clock that is a
        year ahead would hide every later report for a year.
        """
        return max(self.raised.values(), key=lambda each: (min(each.duty.evidence.reported, each.at), *_order(each)))

    @property
    def duty(self) -> Duty:
        """The duty with the clock of its first event, and what all of its events say of addressees and of care."""
        every = [each.duty for each in self.raised.values()]
        basis = dict.fromkeys(fact for each in sorted(self.raised.values(), key=_order) for fact in each.duty.basis)
        return self.first.duty.model_copy(
            update={
                "addressees": tuple(sorted({code for duty in every for code in duty.addressees})),
                "persons": self.persons,
                "restricted": any(duty.restricted for duty in every),
                "possible": all(duty.possible for duty in every),
                "basis": tuple(basis)[:FACTS_MAX],
            }
        )

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every event that raised it, in the order of the reports."""
        found = (each.duty.evidence for each in self.raised.values())
        return tuple(sorted(found, key=lambda each: (each.reported, each.source, each.id)))

    @property
    def draft(self) -> Drafted | None:
        """The draft of the most, then of the newest, events."""
        return max(self.drafts.values(), key=lambda each: (len(each.events), each.at, each.digest), default=None)

    @property
    def events(self) -> tuple[tuple[datetime, str], ...]:
        """When each event that raises or withdraws it was decided, and its id: the newest `EVENTS_MAX`.

        Ids of two publishers may be the same: then they stand here twice.
        """
        found = {_name(note.evidence): note.at for note in self.notes.values()}
        found |= {name: each.at for name, each in self.raised.items()}
        return tuple(sorted((at, identifier) for (_, identifier), at in found.items())[-EVENTS_MAX:])

    def _beyond(self, told: Iterable[str]) -> list[datetime]:
        """Return when those events were decided that are not among the `told` ids; of several of one id the latest."""
        left = Counter(told)
        beyond = []
        for at, identifier in self.events:
            left[identifier] -= 1
            if left[identifier] < 0:
                beyond.append(at)
        return beyond

    @property
    def drafted_all(self) -> bool:
        """Whether the draft covers every event that raised the duty or withdraws it."""
        return self.draft is not None and not self._beyond(self.draft.events)

    @property
    def said(self) -> tuple[Said, ...]:
        """What persons said, in the order in which the broker took it, whether it counts or not."""
        every = (self.verifier.said(record, taken) for record, taken in self.words.items())
        return tuple(sorted(every, key=lambda each: each.order))

    @property
    def unverified(self) -> tuple[Said, ...]:
        """What persons are said to have said, and what does not count."""
        return tuple(each for each in self.said if each.signer is None)

    @property
    def released(self) -> tuple[Said, ...]:
        """Who released, each person once.

        Of the draft that was released by all who are needed, the latest of them; until then of the one that most have
        released.
        """
        by_draft: dict[str, list[Said]] = {}
        for each in self.said:
            if each.signer is None or not isinstance(each.record, Released):
                continue
            others = by_draft.setdefault(each.record.digest, [])
            if all(each.person != other.person for other in others):
                others.append(each)
        needed = {digest: self._needed(digest) for digest in by_draft}
        complete = [
            (some[needed[name] - 1].order, name) for name, some in by_draft.items() if len(some) >= needed[name]
        ]
        begun = [(len(some), name) for name, some in by_draft.items()]
        chosen = max(complete)[1] if complete else max(begun)[1] if begun else None
        return () if chosen is None else tuple(by_draft[chosen])

    @property
    def answered(self) -> tuple[Said, ...]:
        """The answers that count, as often as a person recorded one; of a copied one the first that the broker took."""
        first: dict[tuple[str, datetime, str], Said] = {}
        for each in self.said:
            if each.signer is not None and isinstance(each.record, Answered):
                first.setdefault((each.person, each.record.at, each.record.note), each)
        return tuple(first.values())

    def _needed(self, digest: str) -> int:
        """Return how many persons a draft needs: as its own events ask. A later one cannot undo a release."""
        draft = self.drafts.get(digest)
        if draft is None or len(draft.events) >= EVENTS_MAX:
            return self.persons  # it may be made of more events than it names
        asked = [each.duty.persons for each in self.raised.values() if each.duty.evidence.id in draft.events]
        return max(asked, default=self.persons)

    @property
    def persons(self) -> int:
        """How many different persons must release it: as many as any of its events asks for."""
        return max((each.duty.persons for each in self.raised.values()), default=1)

    @property
    def released_draft(self) -> Drafted | None:
        """What was released, or is being released."""
        said = self.released
        return self.drafts.get(cast("Released", said[0].record).digest) if said else None

    @property
    def cancelled(self) -> bool:
        """Whether the newest word on it withdraws it: a person decides what follows.

        A later report may raise it again; then its draft must not say that it is withdrawn.
        """
        withdrawn = max(((note.at, note.evidence.reported) for note in self.notes.values()), default=None)
        stands = max(((each.at, each.duty.evidence.reported) for each in self.raised.values()), default=None)
        return withdrawn is not None and (stands is None or stands <= withdrawn)

    @property
    def state(self) -> State:
        """How far it has come. A word that does not count changes nothing here: it stands in `unverified`.

        What was released by all who are needed, one person may record as answered. To settle it without a release takes
        as many different persons as the release would.
        """
        said = self.released
        done = bool(said) and len(said) >= self._needed(cast("Released", said[0].record).digest)
        if self.answered and (done or len(self.answered_by) >= self.persons):
            return State.ANSWERED
        if said:
            return State.RELEASED if done else State.RELEASED_BY_ONE
        return State.DRAFTED if self.drafts else State.RAISED

    @property
    def answered_by(self) -> frozenset[str]:
        """The persons who recorded an answer, each once."""
        return frozenset(each.person for each in self.answered)

    @property
    def open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in OPEN

    @property
    def superseded(self) -> bool:
        """Whether something was told, or settled, and later events say more, or take it back: a person must look again.

        An event counts as told once a draft with it is released, and as settled once an answer is recorded after it: by
        the broker's time of the answer, since one dated ahead would settle all that is to come.
        """
        if self.open or not self.known:
            return False
        draft = self.released_draft
        settled = max((each.taken for each in self.answered), default=None)
        return any(settled is None or at > settled for at in self._beyond(() if draft is None else draft.events))

    def limit(self) -> tuple[str, datetime] | None:
        """Tell when an alarm is due: the framework's own hour (`law`), else the bus's reminder (`target`), or never."""
        duty = self.first.duty
        if duty.due is not None:
            return "law", duty.due
        return None if duty.target is None else ("target", duty.target)

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether its time has run out and it is still open."""
        limit = self.limit() if self.known else None
        return limit is not None and limit[1] < now and self.open


def fold(records: Iterable[tuple[Entry, datetime]], verifier: Verifier) -> dict[str, DutyState]:
    """Fold duties by id from any of their records in any order, each with the time when the broker took it."""
    states: dict[str, DutyState] = {}
    for record, taken in records:
        states.setdefault(record.id, DutyState(record.id, verifier)).add(record, taken)
    return dict(sorted(states.items()))


def _name(evidence: Evidence) -> tuple[str, str]:
    return evidence.source, evidence.id


def _order(record: Raised) -> tuple[datetime, str, str]:
    return (record.at, *_name(record.duty.evidence))


def _earliest(held: dict[_Key, _Entry], key: _Key, record: _Entry) -> None:
    """Keep the earliest record under a key; of two of one moment the smaller, so that order never decides."""
    known = held.get(key)
    if known is None or (record.at, record.model_dump_json()) < (known.at, known.model_dump_json()):
        held[key] = record

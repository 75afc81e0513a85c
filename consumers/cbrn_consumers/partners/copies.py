"""The log of copies for partners as one state, kept up as records come. Pure, but for `read_copies`.

A record that this version cannot read is told of and left where it is: it must not hide the others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from cbrn_consumers.errors import UnknownCopyError
from cbrn_consumers.left_out import LeftOut
from cbrn_routing.bus.read import read_all
from cbrn_routing.duties import person_of
from cbrn_schemas.because import Because, said
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.catalogue.written import local_time
from cbrn_schemas.events import key_of, parse_event
from cbrn_schemas.partner_release import (
    COPIES,
    RELEASES,
    Answered,
    AnyRecord,
    Approved,
    Expired,
    Held,
    Refused,
    Released,
    Weighed,
    Withdrawn,
    parse_release_record,
)
from cbrn_schemas.topics import Realm, bus_topic, to_topic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from cbrn_routing.bus.read import Bytes
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.partner_release import Shown
    from cbrn_schemas.receipt import SeenEvent
    from cbrn_schemas.settings import Settings

_GRAVEST_FIRST: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")


End = Released | Refused | Expired | Withdrawn
"""What ends a copy's way."""


def words_of(end: End) -> tuple[Approved | Refused, ...]:
    """Return the persons' words by which it ended."""
    return end.approvals if isinstance(end, Released) else (end,) if isinstance(end, Refused) else ()


def how(end: End, *, restricted: bool) -> tuple[Because, ...]:
    """Say how it ended; what persons wrote of a restricted one is read in the log alone."""
    match end:
        case Withdrawn():
            return (Because(code=end.because, values={"by": end.by}),)
        case Expired():
            return (Because(code="run-out", values={"due": local_time(end.due)}),)
        case Released(automatic=True):
            return (Because(code="left-by-itself", values={"agreement": end.agreement}),)
    words = () if restricted else words_of(end)
    return tuple(Because(code="reason", values={"reason": each.reason}) for each in words) or (Because(code="decided"),)


class State(StrEnum):
    """How far a copy has come."""

    WAITING = "waiting"
    RELEASED = "released"
    """The partner has it."""
    REFUSED = "refused"
    """A person has decided that it never leaves."""
    EXPIRED = "expired"
    """Its time limit has passed."""
    WITHDRAWN = "withdrawn"
    """It was cancelled, or a later word of its situation left, before it did."""


@dataclass(slots=True)
class Copy:
    """One event's copy for one partner."""

    held: Held
    weighed: Weighed | None = None
    """What the agreement in force makes of it; None: no keeper has looked at it yet."""
    approvals: list[Approved] = field(default_factory=list)
    """Persons who have released what is shown now; those of what was shown before are void."""
    end: End | None = None
    answers: list[Answered] = field(default_factory=list)
    """To decisions on it."""
    told: set[str] = field(default_factory=set)
    """Bodies that have an alarm about it: they must hear how it ends."""
    _weighings: set[bytes] = field(default_factory=set, repr=False)
    """Digests of all that was ever weighed of it, so that what is read once more is known."""
    _counted: set[str] = field(default_factory=set, repr=False)
    """Decisions to release that have counted, those that are void by now among them."""
    corrects: str | None = None
    """Id of the latest copy of the same situation that the partner has got, where this one updates or cancels it."""

    @property
    def id(self) -> str:
        """Name it, as `cbrn partners show` takes it."""
        return self.held.id

    @property
    def state(self) -> State:
        """Tell how far it has come."""
        return State.WAITING if self.end is None else State(self.end.type)

    @property
    def waits(self) -> bool:
        """Tell whether it can still leave."""
        return self.end is None

    @property
    def shown(self) -> Shown | None:
        """Return exactly what the partner would see, or has got; None: it cannot leave as things are."""
        return None if self.weighed is None else self.weighed.shown

    @property
    def persons_missing(self) -> int:
        """Count persons who must still release it; none of one that leaves by itself, or that is over."""
        if self.end is not None or self.weighed is None:
            return 0
        return max(self.weighed.persons - len({person_of(each.by) for each in self.approvals}), 0)

    @property
    def leaves_at(self) -> datetime | None:
        """Return when it leaves without a further person; None: it does not."""
        weighed = self.weighed
        if self.end is not None or weighed is None or weighed.shown is None or self.persons_missing:
            return None
        return weighed.not_before or weighed.at

    @property
    def due(self) -> datetime | None:
        """Return until when it can be released; None: there is no limit."""
        return None if self.weighed is None else self.weighed.not_after

    @property
    def because(self) -> tuple[Because, ...]:
        """Return why it waits, cannot leave, or is over; none where an older record says it in English alone."""
        if self.end is not None:
            return how(self.end, restricted=False)
        return (Because(code="not-weighed"),) if self.weighed is None else self.weighed.because

    @property
    def why(self) -> str:
        """Say why it waits, cannot leave, or is over, in English."""
        return self.why_in("en")

    def why_in(self, lang: Language) -> str:
        """Say the same in a language; as it was said then, where no codes stand in the log."""
        return said(self.because, lang) or ("" if self.weighed is None else self.weighed.why)

    @property
    def situation_abroad(self) -> str:
        """Return the name by which the partner knows the situation, and under which its answers stand.

        It is another than at home where the agreement does not let the name through.
        """
        shown = self.shown
        return self.held.situation if shown is None else key_of(parse_event(shown.event.encode()))

    @property
    def called_abroad(self) -> SeenEvent:
        """Return source and id under which the partner knows the event."""
        shown = self.shown
        return self.held.event if shown is None or shown.named is None else shown.named

    @property
    def recalls(self) -> bool:
        """Tell whether it takes back what the partner has got: nothing is more urgent."""
        return self.corrects is not None and self.held.message_type == "Cancel"

    def order(self) -> tuple[bool, int, int, datetime]:
        """Return by what copies are sorted: what waits, what takes back or corrects what has left, the gravest."""
        correction = 2 if self.corrects is None else (0 if self.recalls else 1)
        return not self.waits, correction if self.waits else 2, _GRAVEST_FIRST.index(self.held.severity), self.held.at

    def add(self, entry: AnyRecord) -> None:
        """Take one record in. What has left, or was refused, stays so.

        The keeper knows what it has written, and reads it from its topic once more, maybe behind what it has written
        since: a record that comes again changes nothing, or one person's word would count as two.
        """
        if isinstance(entry, Answered):
            if all(each.decision != entry.decision for each in self.answers):
                self.answers.append(entry)
        elif self.end is None:
            if isinstance(entry, Weighed):
                self._weigh(entry)
            elif isinstance(entry, Approved):
                self._approve(entry)
            elif not isinstance(entry, Held):
                self.end = entry

    def _approve(self, entry: Approved) -> None:
        """Count a person's word once, and for nothing but what the person saw: one that is void stays void."""
        if entry.decision in self._counted or self.shown is None or entry.seen != self.shown.digest:
            return
        self._counted.add(entry.decision)
        self.approvals.append(entry)

    def _weigh(self, entry: Weighed) -> None:
        known = hashlib.sha256(entry.model_dump_json().encode()).digest()
        if known in self._weighings:  # by what it says, never by its time: a clock that was set back ages what is new
            return
        self._weighings.add(known)
        self.told.update(entry.told)
        before, self.weighed = self.shown, entry
        if before is None or entry.shown is None or before.digest != entry.shown.digest:
            self.approvals = []


class Copies:
    """Every copy of a realm, by id."""

    def __init__(self, left_out: LeftOut | None = None) -> None:
        self.left_out = left_out or LeftOut()
        """Whoever has taken records in tells of what is here."""
        self.all: dict[str, Copy] = {}
        self.answers: dict[str, Answered] = {}
        """Answers to what persons have decided, by the decision's id."""
        self._of_situation: dict[tuple[str, str], list[Copy]] = {}

    def take(self, records: Iterable[Bytes]) -> None:
        """Take records of the topic in."""
        for record in records:
            try:
                entry = parse_release_record(record.value or b"")
            except ValidationError as error:
                self.left_out.note(
                    record, "a record of releases cannot be read, left out", findings=error.error_count()
                )
                continue
            if not isinstance(entry, Held | Answered) and entry.id not in self.all:
                self.left_out.note(record, "a record of releases is of no known copy, left out", copy=entry.id)
                continue
            self.add(entry)

    def add(self, entry: AnyRecord) -> None:
        """Take one record in."""
        if isinstance(entry, Answered):
            self.answers.setdefault(entry.decision, entry)
        if isinstance(entry, Held):
            if entry.id not in self.all:
                copy = self.all[entry.id] = Copy(entry)
                self.beside(copy).append(copy)
                self._mark(copy)
            return
        copy_or_none = self.all.get(entry.id)
        if copy_or_none is not None:
            copy_or_none.add(entry)
            if isinstance(entry, Released):
                self._mark(copy_or_none)

    def beside(self, copy: Copy) -> list[Copy]:
        """Return the copies of its situation for the same partner, itself among them, in the order in which they came.

        The list is this one's own.
        """
        return self._of_situation.setdefault((copy.held.partner, copy.held.situation), [])

    def released_before(self, copy: Copy) -> list[Copy]:
        """Return the copies of its situation that the partner has got, in order."""
        return [each for each in self.beside(copy) if each.state is State.RELEASED and each is not copy]

    def _mark(self, changed: Copy) -> None:
        for each in self.beside(changed):
            if each.waits and each.held.message_type != "Alert":
                each.corrects = next((one.id for one in reversed(self.released_before(each))), None)

    def in_order(self) -> list[Copy]:
        """Return all: what waits first, and of it what takes back what a partner has got."""
        return sorted(self.all.values(), key=Copy.order)


async def read_copies(settings: Settings, body: str | None) -> Copies:
    """Read every copy of which a body's persons may decide; without a body all that the bus's log holds.

    Raises:
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    read = Copies()
    read.take(await read_all(settings, copies_topic(settings.realm, body)))
    read.left_out.tell()
    return read


def find_copy(copies: Copies, identifier: str) -> Copy:
    """Find the copy with this id, or of the event with this id where it is held for one partner alone.

    Raises:
        UnknownCopyError: there is none, or more than one.
    """
    found = copies.all.get(identifier)
    if found is not None:
        return found
    of_event = [copy for copy in copies.all.values() if identifier in {copy.held.event.id, copy.called_abroad.id}]
    if len(of_event) == 1:
        return of_event[0]
    if of_event:
        names = ", ".join(sorted(copy.id for copy in of_event))
        raise UnknownCopyError(f"{identifier} is held for several partners", hint=f"Name one of {names}.")
    refused = [f"; refused: {one.why}" for one in copies.answers.values() if one.id == identifier and one.why]
    hint = did_you_mean(identifier, list(copies.all), "`cbrn partners list --all` shows every id.")
    raise UnknownCopyError(f"no copy for a partner is called {identifier!r}{''.join(refused[-1:])}", hint=hint)


def copies_topic(realm: Realm, body: str | None) -> str:
    """Name the topic on which a body reads what its persons may decide of; without a body the bus's log."""
    return bus_topic(realm, RELEASES) if body is None else to_topic(realm, body, COPIES)

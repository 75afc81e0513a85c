"""The topic of duties as one state, kept up as records come.

A record that this version cannot read is told of and left where it is: it must not hide the others.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cbrn_consumers.errors import UnknownDutyError
from cbrn_consumers.left_out import LeftOut
from cbrn_routing.activation import Trust
from cbrn_routing.bus.read import read_all
from cbrn_routing.duties import DutyState, Verifier
from cbrn_schemas.catalogue.spelling import did_you_mean
from cbrn_schemas.duty import Decided, Drafted, parse_duty_record
from cbrn_schemas.records import broker_time
from cbrn_schemas.topics import Realm, bus_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cbrn_routing.bus.read import Bytes
    from cbrn_routing.duties import Entry
    from cbrn_schemas.settings import Settings


class Log:
    """Every duty of a realm, by id. What persons say counts by the trust file: `verifier.trust` may be replaced."""

    def __init__(self, realm: Realm, trust: Trust, left_out: LeftOut | None = None) -> None:
        self.verifier = Verifier(realm, trust)
        self.left_out = left_out or LeftOut()
        """Whoever has taken records in tells of what is here."""
        self.states: dict[str, DutyState] = {}
        self.decided: dict[str, Decided] = {}
        """Answers to what persons have decided, by the decision's id."""
        self.partitions: dict[str, int] = {}
        """In which partition a duty's records lie; further ones go there, too."""

    def take(self, records: Iterable[Bytes]) -> list[str]:
        """Take records in; the ids of the duties that they are about."""
        touched: list[str] = []
        now = datetime.now(UTC)
        for record in records:
            try:
                entry = parse_duty_record(record.value or b"")
            except ValidationError as error:
                self.left_out.note(record, "a record of duties cannot be read, left out", findings=error.error_count())
                continue
            if isinstance(entry, Drafted) and not entry.genuine:
                self.left_out.note(record, "a draft is not what its digest says, left out", duty=entry.id)
            self.add(entry, broker_time(record.timestamp, record.timestamp_type, now))
            if not isinstance(entry, Decided):  # which may be about a duty that there is not
                self.partitions.setdefault(entry.id, record.partition)
                touched.append(entry.id)
        return touched

    def add(self, entry: Entry, taken: datetime) -> None:
        """Take one entry in, with the broker's time of it."""
        if isinstance(entry, Decided):
            self.decided.setdefault(entry.decision, entry)
        self.states.setdefault(entry.id, DutyState(entry.id, self.verifier)).add(entry, taken)

    @property
    def known(self) -> list[DutyState]:
        """The duties that an event raised, by id; fragments of older ones are left out."""
        return [state for _, state in sorted(self.states.items()) if state.known]


async def read_log(settings: Settings, trust: Trust | None = None) -> Log:
    """Read every duty that Kafka still holds; what persons said counts by `trust`, else by this machine's trust file.

    Raises:
        TrustFileError: it cannot be used.
        BrokerUnreachableError, UnknownTopicError, NotAuthorizedError: see `cbrn_consumers.errors`.
    """
    read = Log(settings.realm, Trust.read(settings.rulebook_signers) if trust is None else trust)
    read.take(await read_all(settings, duties_topic(settings.realm)))
    read.left_out.tell()
    return read


def find_duty(read: Log, identifier: str) -> DutyState:
    """Find the duty with this id.

    Raises:
        UnknownDutyError: there is none.
    """
    state = read.states.get(identifier)
    if state is None or not state.known:
        refused = (
            () if state is None else (f"; refused: {each.decision}: {each.why}" for each in state.decided.values())
        )
        known = [name for name, each in read.states.items() if each.known]
        raise UnknownDutyError(
            f"no duty is called {identifier!r}{''.join(refused)}",
            hint=did_you_mean(identifier, known, "`cbrn duties list --all` shows every id."),
        )
    return state


def duties_topic(realm: Realm) -> str:
    """Name the topic on which the log of duties lies."""
    return bus_topic(realm, "duties")

"""What was decided, read back for comparison: a hundred thousand records in a second or two.

Records repeat one another but for id, time and place in the log, so their parts are decoded once each. The contract of
the record is `cbrn_schemas.decision_record`; here only what a comparison needs is read.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from cbrn_routing.compare.errors import UnreadableError
from cbrn_routing.compare.outcome import Outcome
from cbrn_routing.decision import Facets

PARTS_MAX: Final = 50_000
"""Different cells and outcomes kept: about 1 kB each, 50 MB at the most; a year's traffic has some thousands."""
YEAR_MIN, YEAR_MAX = 1900, 2199
"""The years that the bus knows (`cbrn_schemas.events.time`): within them any time has a day at home."""


class Past(NamedTuple):
    """One decision of the bus, as far as it is compared."""

    id: str
    source: str
    topic: str
    partition: int
    offset: int
    decided: datetime
    as_of: date | None
    facets: Facets
    """Shared between records of one cell."""
    outcome: Outcome
    """Without those who were told only because they had been told before. Shared between equal records."""


class _Record(msgspec.Struct):
    id: str
    source: str
    topic: str
    partition: int
    offset: int
    decided: Annotated[datetime, msgspec.Meta(tz=True)]
    facets: msgspec.Raw
    recipients: msgspec.Raw
    partners: msgspec.Raw
    acknowledge_within_s: int | None = None
    duties: tuple[str, ...] | None = None
    """None in a record of a time when they were not written down."""
    as_of: date | None = None


class _Facets(msgspec.Struct):
    """The facets as a record writes them; an absent one means: not known, or none. Others are left out."""

    lane: str
    hazard: str
    kind: str
    severity: str
    urgency: str
    certainty: str
    status: str
    border: bool
    deliberate: bool | None = None
    region: str | None = None
    country: str | None = None
    neighbours: frozenset[str] = frozenset()
    downstream: frozenset[str] = frozenset()
    exposed: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()


class _Named(msgspec.Struct):
    body: str
    role: str


_record: Final = msgspec.json.Decoder(_Record)
_named: Final = msgspec.json.Decoder(list[_Named])
_facets: Final = msgspec.json.Decoder(_Facets)


class PastReader:
    """Reads decision records; what repeats is decoded once."""

    def __init__(self) -> None:
        self._cells: dict[bytes, Facets] = {}
        self._outcomes: dict[tuple[object, ...], Outcome] = {}

    def read(self, data: bytes) -> Past:
        """The decision in a record's value.

        Raises:
            UnreadableError: it is none.
        """
        try:
            record = _record.decode(data)
            if not YEAR_MIN <= record.decided.year <= YEAR_MAX:
                raise UnreadableError(f"no decision record: decided in {record.decided.year}", hint="It was left out.")
            return Past(
                record.id,
                record.source,
                record.topic,
                record.partition,
                record.offset,
                record.decided,
                record.as_of,
                self._cell(bytes(record.facets)),
                self._outcome(record),
            )
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError(f"no decision record: {error}", hint="It was left out.") from None

    def _cell(self, written: bytes) -> Facets:
        cell = self._cells.get(written)
        if cell is None:
            if len(self._cells) >= PARTS_MAX:
                self._cells.clear()
            found = _facets.decode(written)
            cell = self._cells[written] = Facets(*(getattr(found, name) for name in Facets._fields))
        return cell

    def _outcome(self, record: _Record) -> Outcome:
        within_s, duties = record.acknowledge_within_s, record.duties
        name = bytes(record.recipients), bytes(record.partners), within_s, duties
        outcome = self._outcomes.get(name)
        if outcome is None:
            if len(self._outcomes) >= PARTS_MAX:
                self._outcomes.clear()
            roles = {each.body: each.role for each in _named.decode(record.recipients)}
            partners = frozenset(each.body for each in _named.decode(record.partners))
            raised = None if duties is None else frozenset(duties)
            outcome = self._outcomes[name] = Outcome(roles, partners, within_s, duties=raised)
        return outcome

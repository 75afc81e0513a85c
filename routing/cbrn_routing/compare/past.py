"""What was decided, read back for comparison: a hundred thousand records in a second or two.

Records repeat one another but for id, time and place in the log, so their parts are decoded once each. The contract of
the record is `cbrn_schemas.contracts.decision_record`; here only what a comparison needs is read.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from cbrn_routing.compare.errors import UnreadableError
from cbrn_routing.compare.outcome import Outcome
from cbrn_routing.decision import Facets
from cbrn_routing.rulebook.vocabulary import SETS

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS_MAX: Final = 50_000
"""Different cells and outcomes kept: about 1 kB each, 50 MB at the most; a year's traffic has some thousands."""
_UNKNOWN: Final[Mapping[str, Any]] = dict.fromkeys(("deliberate", "region", "country")) | dict.fromkeys(
    SETS, frozenset()
)
"""What an absent facet of a record means."""


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
    decided: datetime
    facets: msgspec.Raw
    recipients: msgspec.Raw
    partners: msgspec.Raw
    acknowledge_within_s: int | None = None
    duties: tuple[str, ...] | None = None
    """None in a record of a time when they were not written down."""
    as_of: date | None = None


class _Named(msgspec.Struct):
    body: str
    role: str


_record: Final = msgspec.json.Decoder(_Record)
_named: Final = msgspec.json.Decoder(list[_Named])
_facets: Final = msgspec.json.Decoder(dict[str, Any])


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
        except (msgspec.DecodeError, TypeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError(f"no decision record: {error}", hint="It was left out.") from None

    def _cell(self, written: bytes) -> Facets:
        cell = self._cells.get(written)
        if cell is None:
            if len(self._cells) >= PARTS_MAX:
                self._cells.clear()
            found = {name: value for name, value in _facets.decode(written).items() if name in Facets._fields}
            given = {name: frozenset(value) if name in SETS else value for name, value in found.items()}
            cell = self._cells[written] = Facets(**{**_UNKNOWN, **given})
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

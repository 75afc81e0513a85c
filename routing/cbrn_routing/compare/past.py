"""What was decided, read back for comparison: a hundred thousand records in a second or two.

Records repeat one another but for id, time and place in the log, so their parts are decoded once each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from cbrn_routing.compare.outcome import Outcome
from cbrn_routing.decision_record import skim, skimmed_cell, skimmed_further, skimmed_roles

if TYPE_CHECKING:
    from datetime import date, datetime

    from cbrn_routing.decision import Facets
    from cbrn_routing.decision_record import Skimmed

PARTS_MAX: Final = 50_000
"""Different cells and outcomes kept: about 1 kB each, 50 MB at the most; a year's traffic has some thousands."""


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
    further: tuple[Facets, ...] = ()
    """The facets of the event's other places and hazards."""


class PastReader:
    """A reader of decision records; what repeats is decoded once."""

    def __init__(self) -> None:
        self._cells: dict[bytes, Facets] = {}
        self._outcomes: dict[tuple[object, ...], Outcome] = {}

    def read(self, data: bytes) -> Past:
        """Read the decision in a record's value.

        Raises:
            DecisionRecordError: it is none.
        """
        record = skim(data)
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
            skimmed_further(bytes(record.further)) if bytes(record.further) else (),
        )

    def _cell(self, written: bytes) -> Facets:
        cell = self._cells.get(written)
        if cell is None:
            if len(self._cells) >= PARTS_MAX:
                self._cells.clear()
            cell = self._cells[written] = skimmed_cell(written)
        return cell

    def _outcome(self, record: Skimmed) -> Outcome:
        within_s, duties = record.acknowledge_within_s, record.duties
        name = bytes(record.recipients), bytes(record.partners), within_s, duties
        outcome = self._outcomes.get(name)
        if outcome is None:
            if len(self._outcomes) >= PARTS_MAX:
                self._outcomes.clear()
            roles, partners = skimmed_roles(name[0]), frozenset(skimmed_roles(name[1]))
            raised = None if duties is None else frozenset(duties)
            outcome = self._outcomes[name] = Outcome(roles, partners, within_s, duties=raised)
        return outcome

"""What the country owes to other states and to organisations: raised, drafted, released by persons, answered.

Pure: no clock, no network, and nothing that could send. Which cells raise a duty is the rule book's business; the log
on the bus is the router's, the clerk's and the command's.
"""

from typing import TYPE_CHECKING

from cbrn_schemas.lazily import found_in

if TYPE_CHECKING:
    from cbrn_routing.duties.assess import as_json, duties_of, duty_id, evidence_of
    from cbrn_routing.duties.basis import in_words
    from cbrn_routing.duties.fold import OPEN, DutyState, Entry, State
    from cbrn_routing.duties.laid_out import LaidOut
    from cbrn_routing.duties.lines import addressees_line, due_line, state_line
    from cbrn_routing.duties.said import Said, Verifier, person_of

__all__ = [
    "OPEN",
    "DutyState",
    "Entry",
    "LaidOut",
    "Said",
    "State",
    "Verifier",
    "addressees_line",
    "as_json",
    "drafts",
    "due_line",
    "duties_of",
    "duty_id",
    "evidence_of",
    "in_words",
    "person_of",
    "said",
    "state_line",
]

__getattr__ = found_in(
    __name__, *(f"{__name__}.{room}" for room in ("assess", "basis", "laid_out", "lines", "fold", "said"))
)

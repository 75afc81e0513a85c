"""Two rule books compared: cell by cell (`difference`), or event by event over what was really decided (`replay`).

Pure: no broker, no clock, no files. Nothing in this room, or in what it imports, can write to the bus.
"""

from cbrn_routing.compare.archive import ArchiveReplay, Judge, decision_line, event_line, within
from cbrn_routing.compare.describe import Mark
from cbrn_routing.compare.difference import BookDifference, CellChange, difference
from cbrn_routing.compare.load import SEVERITIES, Load, Untasked, untasked
from cbrn_routing.compare.outcome import EVERYBODY, Change, Outcome, changes
from cbrn_routing.compare.past import Past, PastReader
from cbrn_routing.compare.replay import Evaluator, Replay
from cbrn_routing.compare.report import RECORDED, Report, Tally, Unread, ordered
from cbrn_routing.compare.rules import DutyChange, RuleChange

__all__ = [
    "EVERYBODY",
    "RECORDED",
    "SEVERITIES",
    "ArchiveReplay",
    "BookDifference",
    "CellChange",
    "Change",
    "DutyChange",
    "Evaluator",
    "Judge",
    "Load",
    "Mark",
    "Outcome",
    "Past",
    "PastReader",
    "Replay",
    "Report",
    "RuleChange",
    "Tally",
    "Unread",
    "Untasked",
    "changes",
    "decision_line",
    "difference",
    "event_line",
    "ordered",
    "untasked",
    "within",
]

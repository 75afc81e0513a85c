"""Why a body was told, and why another was not: offline, from the cell of a decision and the rule book that made it.

Pure: no broker, no clock, no files. Words for people are in `wording`, which `cbrn rules show` shares.
"""

from cbrn_routing.explain.account import Account, Explanation, Naming, Told, WhyNot
from cbrn_routing.explain.conditions import Condition, Conditions
from cbrn_routing.explain.errors import DecisionRecordError, RulebookMismatchError
from cbrn_routing.explain.explainer import Explainer, stands_for
from cbrn_routing.explain.origins import Origin, origins_of
from cbrn_routing.explain.recorded import cell_of, check_book, days_of, differences, read_decision

__all__ = [
    "Account",
    "Condition",
    "Conditions",
    "DecisionRecordError",
    "Explainer",
    "Explanation",
    "Naming",
    "Origin",
    "RulebookMismatchError",
    "Told",
    "WhyNot",
    "cell_of",
    "check_book",
    "days_of",
    "differences",
    "origins_of",
    "read_decision",
    "stands_for",
]

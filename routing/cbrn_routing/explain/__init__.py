"""Why a body was told, and why another was not: offline, from the cell of a decision and the rule book that made it.

Pure: no broker, no clock, no files. Words for people are in `wording`, which `cbrn rules show` shares.
"""

from cbrn_routing.explain.account import Account, Explanation, Naming, RecipientAccount, WhyNot
from cbrn_routing.explain.conditions import Condition, Conditions
from cbrn_routing.explain.errors import RulebookMismatchError
from cbrn_routing.explain.explainer import Explainer, stands_for
from cbrn_routing.explain.origins import Origin, origins_of
from cbrn_routing.explain.recorded import check_book, differences

__all__ = [
    "Account",
    "Condition",
    "Conditions",
    "Explainer",
    "Explanation",
    "Naming",
    "Origin",
    "RecipientAccount",
    "RulebookMismatchError",
    "WhyNot",
    "check_book",
    "differences",
    "origins_of",
    "stands_for",
    "wording",
]

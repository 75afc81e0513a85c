"""What nobody could read, and its way back: list, look, release, and the process that releases.

Nothing is deleted; a release is one more record.
"""

from cbrn_consumers.quarantine.items import STRANGE, Item, check_id, find_item, fold_items, quarantined
from cbrn_consumers.quarantine.keeper import QuarantineKeeper
from cbrn_consumers.quarantine.persons import release
from cbrn_consumers.quarantine.releasing import plan_release

__all__ = [
    "STRANGE",
    "Item",
    "QuarantineKeeper",
    "check_id",
    "find_item",
    "fold_items",
    "plan_release",
    "quarantined",
    "release",
]

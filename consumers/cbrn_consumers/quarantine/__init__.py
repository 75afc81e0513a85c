"""What nobody could read, and its way back: list, look, release (`persons`), and the process that does it (`keeper`).

Nothing is deleted; a release is one more record. What an agency's machine needs is here.
"""

from cbrn_consumers.quarantine.items import STRANGE, Item, check_id, find_item, fold_items, quarantined
from cbrn_consumers.quarantine.releasing import plan_release

__all__ = ["STRANGE", "Item", "check_id", "find_item", "fold_items", "keeper", "persons", "plan_release", "quarantined"]

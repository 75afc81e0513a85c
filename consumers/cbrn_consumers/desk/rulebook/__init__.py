"""The rule book as officers and lawyers read it: found, read, proved, explained. It draws nothing and knows no page.

`shelf` finds, `reading` and `law` say it in words, `why` explains one decision; these are pure. `in_force` asks the bus
which book decides, `proofs` has it proved in a process of its own, `library` keeps what was made.
"""

from cbrn_consumers.desk.rulebook.cells import Cell, cells_of
from cbrn_consumers.desk.rulebook.in_force import Books, Held, as_reported
from cbrn_consumers.desk.rulebook.law import Act, Article, Owing, Resting, acts, duties
from cbrn_consumers.desk.rulebook.library import Chosen, Library
from cbrn_consumers.desk.rulebook.proofs import Proofs, Proved
from cbrn_consumers.desk.rulebook.proving import Proof, prove
from cbrn_consumers.desk.rulebook.reading import Law, Owed, Reading, anchor_of, read
from cbrn_consumers.desk.rulebook.shelf import HAZARDS, PAGE, TEXT_MAX, Entry, Filters, Shelf
from cbrn_consumers.desk.rulebook.why import Decided, Explained, Reason, Side, subject_of

__all__ = [
    "HAZARDS",
    "PAGE",
    "TEXT_MAX",
    "Act",
    "Article",
    "Books",
    "Cell",
    "Chosen",
    "Decided",
    "Entry",
    "Explained",
    "Filters",
    "Held",
    "Law",
    "Library",
    "Owed",
    "Owing",
    "Proof",
    "Proofs",
    "Proved",
    "Reading",
    "Reason",
    "Resting",
    "Shelf",
    "Side",
    "acts",
    "anchor_of",
    "as_reported",
    "cells_of",
    "duties",
    "prove",
    "read",
    "subject_of",
]

"""A report that an officer types: from a kind's schema to a form, from the form to an event, from the event to the bus.

`choosing` offers the kinds, `asking` makes the form (`shape`), `filling` begins it, `checking` reads it (`reading`,
`written`, `places`) as the bus would; all of that is pure. `sending` alone knows Kafka. No page.
"""

from cbrn_consumers.desk.report.asking import form
from cbrn_consumers.desk.report.checking import Checked, Mistake, check
from cbrn_consumers.desk.report.choosing import OFFERED, Family, about, families
from cbrn_consumers.desk.report.filling import continued, filled, proposed
from cbrn_consumers.desk.report.places import Offered, found, of_kind, suggestions
from cbrn_consumers.desk.report.sending import Book, Earlier, KafkaReporting, Reporting, outgoing
from cbrn_consumers.desk.report.shape import Form, Group, Input, Question, Rows, Section
from cbrn_consumers.desk.report.typed import (
    PLACE,
    TooMuchTypedError,
    Typed,
    text_at,
    typed_of,
    with_row,
    without_row,
)

__all__ = [
    "OFFERED",
    "PLACE",
    "Book",
    "Checked",
    "Earlier",
    "Family",
    "Form",
    "Group",
    "Input",
    "KafkaReporting",
    "Mistake",
    "Offered",
    "Question",
    "Reporting",
    "Rows",
    "Section",
    "TooMuchTypedError",
    "Typed",
    "about",
    "check",
    "continued",
    "families",
    "filled",
    "form",
    "found",
    "of_kind",
    "outgoing",
    "proposed",
    "suggestions",
    "text_at",
    "typed_of",
    "with_row",
    "without_row",
]

"""Everything that an officer needs to know of one situation, put together once for every screen and for machines.

`overview` puts it together, `sections` lays it out in the reader's language, `as_json` for programs: all pure. `reader`
brings it from Kafka. A command's screen and a page only place what `sections` gives.
"""

from cbrn_consumers.situation.beside import other_rows, other_text
from cbrn_consumers.situation.overview import Overview, Reason, Version, overview
from cbrn_consumers.situation.rows import Row, Section, Weight
from cbrn_consumers.situation.sections import PEOPLE, sections
from cbrn_consumers.situation.telling import bases_of, change_texts, law_text, reason_text

__all__ = [
    "PEOPLE",
    "Overview",
    "Reason",
    "Row",
    "Section",
    "Version",
    "Weight",
    "as_json",
    "bases_of",
    "change_texts",
    "document",
    "law_text",
    "other_rows",
    "other_text",
    "overview",
    "reader",
    "reason_text",
    "sections",
    "telling",
]

"""Common Alerting Protocol: 1.2 (OASIS, ITU-T X.1303bis) is written, 1.1 and 1.2 are read and checked.

model        an alert as data
from_event   an event of ours as an alert
writing      an alert as bytes
documents    an event as the document that every screen shows
checking     what is wrong with a document, by rule and line
reading      a document as an alert
to_event     an alert of ours as the event that it was made of
"""

__all__ = [
    "area",
    "checking",
    "coding",
    "documents",
    "from_event",
    "lexical",
    "model",
    "reading",
    "rules",
    "to_event",
    "writing",
]

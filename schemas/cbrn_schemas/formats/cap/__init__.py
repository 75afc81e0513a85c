"""Common Alerting Protocol: 1.2 (OASIS, ITU-T X.1303bis) is written, 1.1 and 1.2 are read and checked.

model        an alert as data
from_event   an event of ours as an alert
writing      an alert as bytes
"""

__all__ = ["coding", "from_event", "lexical", "model", "writing"]

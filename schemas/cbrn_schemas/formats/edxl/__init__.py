"""EDXL-DE (OASIS): envelopes that say from whom, to whom and about where; the alert itself lies inside.

1.0 (OASIS Standard, 2006) is written and read, 2.0 (Committee Specification 02, 2013) is read.
"""

from cbrn_schemas.lazily import found_in

__all__ = [
    "CONTENT_TYPE",
    "Address",
    "Content",
    "Distribution",
    "Keyword",
    "TargetArea",
    "envelope_of",
    "read",
    "reading",
    "write",
]
__getattr__ = found_in(
    __name__, f"{__name__}.model", f"{__name__}.from_alert", f"{__name__}.reading", f"{__name__}.writing"
)

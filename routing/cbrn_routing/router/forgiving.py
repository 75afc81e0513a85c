"""Kept for those who import it from here; it is needed by readers that may not load the router."""

from cbrn_routing.header_names import ForgivingRecords, forgive_header_names, with_readable_names

__all__ = ["ForgivingRecords", "forgive_header_names", "with_readable_names"]

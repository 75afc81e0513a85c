"""Feeds: Atom (RFC 4287) written, with the pages of RFC 5005; Atom and RSS 2.0 of others read."""

from cbrn_schemas.lazily import found_in

__all__ = [
    "CAP_MEDIA_TYPE",
    "FEED_MEDIA_TYPE",
    "Entry",
    "Feed",
    "Item",
    "Link",
    "Listing",
    "model",
    "read",
    "reading",
    "write",
]
__getattr__ = found_in(__name__, f"{__name__}.model", f"{__name__}.reading", f"{__name__}.writing")

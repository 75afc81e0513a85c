"""Situations as pages: the list, one whole, and what is answered. `rooms/situations.py` gives them addresses."""

__all__ = ["acting", "drawing", "listing", "sheet", "timeline"]

"""`cbrn feeds ...`: who may read the feeds of this machine, and how they are."""

__all__ = ["command"]

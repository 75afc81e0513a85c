"""`cbrn desk ...`: who may sign in to the duty desk, and its database."""

__all__ = ["command"]

"""`cbrn demo`: a whole bus on this machine, a real case played on it, a check that all were told exactly once."""

__all__ = ["command"]

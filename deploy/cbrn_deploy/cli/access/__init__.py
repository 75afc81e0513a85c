"""`cbrn access`: who may do what on a cluster, by credentials that are issued, followed by others, and taken back."""

__all__ = ["command", "screen"]

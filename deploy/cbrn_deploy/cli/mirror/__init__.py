"""`cbrn mirror`: MirrorMaker between the bus and a partner's cluster."""

__all__ = ["command"]

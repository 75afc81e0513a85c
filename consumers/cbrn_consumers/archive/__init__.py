"""History, from the bus or from a file."""

__all__ = ["replay_source"]

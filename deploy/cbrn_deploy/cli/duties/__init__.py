"""Commands about duties."""

__all__ = ["command", "screen"]

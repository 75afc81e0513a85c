"""Commands about the keys with which bodies sign their events."""

__all__ = ["command"]

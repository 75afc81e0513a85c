"""Commands about events."""

__all__ = ["explain", "new", "place", "publish", "route"]

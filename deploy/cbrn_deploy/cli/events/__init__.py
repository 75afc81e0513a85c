"""Commands about events."""

__all__ = ["explain", "place", "publish", "route"]

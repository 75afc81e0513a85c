"""Commands about events."""

__all__ = ["conformance", "explain", "new", "place", "publish", "route"]

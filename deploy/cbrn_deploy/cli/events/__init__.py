"""Commands about events."""

__all__ = ["conformance", "explain", "place", "publish", "route"]

"""The processes of the bus."""

__all__ = ["children", "keepers", "router", "up", "watch"]

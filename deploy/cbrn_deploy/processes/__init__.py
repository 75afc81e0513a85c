"""The processes of the bus."""

__all__ = ["children", "keepers", "notify", "router", "up"]

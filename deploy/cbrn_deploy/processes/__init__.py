"""The processes of the bus."""

__all__ = ["children", "gateway", "keepers", "router", "trial", "up"]

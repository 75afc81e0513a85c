"""The processes of the bus."""

__all__ = ["children", "gateway", "keepers", "notify", "router", "trial", "up", "watch"]

"""The processes of the bus."""

__all__ = ["children", "desk", "gateway", "keepers", "notify", "router", "trial", "up", "watch"]

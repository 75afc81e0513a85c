"""Rule books on the bus: put into force, found again, and who runs which."""

__all__ = ["activating", "finding", "status"]

"""Commands that list what there is: kinds, bodies, sites, districts, crossings, each with its code for events."""

__all__ = ["check", "command", "screen"]

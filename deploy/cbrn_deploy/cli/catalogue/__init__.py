"""Commands that list the catalogue: bodies, sites, districts and crossings, each with the code that an event needs."""

__all__ = ["command", "screen"]

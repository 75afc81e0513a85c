"""The catalogue: what bodies, places, substances, agents and units there are, and what they are called."""

__all__ = [
    "agents",
    "bodies",
    "citing",
    "frameworks",
    "holidays",
    "naming",
    "nuclides",
    "places",
    "searching",
    "spelling",
    "substances",
    "tables",
    "units",
    "words",
    "written",
]

"""Commands about alerts."""

__all__ = [
    "answer",
    "escalation",
    "inbox",
    "inbox_screen",
    "quarantine",
    "show",
    "silence",
    "standing",
    "standing_screen",
    "tail",
]

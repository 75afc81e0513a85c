"""Commands about alerts."""

__all__ = ["answer", "escalation", "inbox", "quarantine", "silence", "standing", "tail"]

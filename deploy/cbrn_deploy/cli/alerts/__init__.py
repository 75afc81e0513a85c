"""Commands about alerts."""

__all__ = ["inbox", "quarantine", "silence", "tail"]

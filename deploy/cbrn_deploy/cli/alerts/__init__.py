"""Commands about alerts."""

__all__ = ["answer", "inbox", "quarantine", "silence", "standing", "tail"]

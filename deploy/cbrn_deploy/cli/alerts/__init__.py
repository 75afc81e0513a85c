"""Commands about alerts."""

__all__ = ["answer", "inbox", "quarantine", "show", "silence", "standing", "tail"]

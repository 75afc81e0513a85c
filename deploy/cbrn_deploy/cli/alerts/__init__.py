"""Commands about alerts."""

__all__ = ["inbox", "inbox_screen", "quarantine", "silence", "tail"]

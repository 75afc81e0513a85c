"""Commands about alerts."""

__all__ = ["answer", "inbox", "inbox_screen", "quarantine", "show", "silence", "standing", "tail"]

"""What the pages of reports are made of: the map that is pressed, what will happen, and the pages as answers."""

__all__ = ["pages", "pressing"]

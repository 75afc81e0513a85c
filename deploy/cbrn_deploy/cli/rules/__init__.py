"""Commands about rule books."""

__all__ = ["command", "key_files"]

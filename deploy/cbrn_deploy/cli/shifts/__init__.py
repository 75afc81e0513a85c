"""Commands about a body's watch."""

__all__ = ["changes", "command", "files", "looking", "options", "reaching", "screen"]

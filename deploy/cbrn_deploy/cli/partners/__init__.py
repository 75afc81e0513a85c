"""Commands about partners abroad: agreements, and copies that wait to be released to them."""

__all__ = ["command", "copies", "screen"]

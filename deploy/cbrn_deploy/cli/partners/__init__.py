"""Commands about partners abroad: agreements, and copies that wait to be released to them."""

__all__ = ["agreements", "agreements_screen", "command", "copies", "screen"]

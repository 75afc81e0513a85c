"""Commands about documents of partners' standards."""

__all__ = ["cap"]

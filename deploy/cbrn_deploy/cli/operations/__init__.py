"""Commands for whoever runs the bus."""

__all__ = ["kafka", "run", "schema", "topics"]

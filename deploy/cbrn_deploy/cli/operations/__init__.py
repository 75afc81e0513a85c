"""Commands for whoever runs the bus."""

__all__ = ["contracts", "kafka", "run", "schema", "topics", "up"]

"""The processes of the bus."""

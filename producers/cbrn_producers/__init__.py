"""Ways onto the bus."""

"""Ways off the bus."""

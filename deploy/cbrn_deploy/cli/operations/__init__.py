"""Commands for whoever runs the bus."""

"""History, from the bus or from a file."""

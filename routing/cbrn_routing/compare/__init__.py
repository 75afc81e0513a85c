"""What one rule book does otherwise than another: over all cells, and over what has happened. Pure."""

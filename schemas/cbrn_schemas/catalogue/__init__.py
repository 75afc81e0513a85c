"""The catalogue: what bodies, places, substances, agents and units there are, and what they are called."""

"""What travels on the bus: events, envelope, topics, catalogue of bodies and places. No I/O."""

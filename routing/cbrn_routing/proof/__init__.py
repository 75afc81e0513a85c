"""What a rule book leaves undone, proved cell by cell, each finding with an event that shows it. Pure."""

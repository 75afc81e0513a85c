"""Putting a rule book into force: two persons sign its digest. Pure; keys and topics are the callers'."""

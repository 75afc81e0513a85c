"""Who must know: rule book, jurisdiction, decision, and the router."""

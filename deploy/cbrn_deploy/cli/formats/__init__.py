"""`cbrn cap`: documents of partners' standards, checked and shown."""

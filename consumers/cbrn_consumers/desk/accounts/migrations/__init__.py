"""How the accounts' database came to its form, step by step, for Alembic. A step that was shipped is never changed."""

"""How the desk's database came to be as it is: run by Alembic whenever one is opened."""

"""Run the steps over the connection that is given: Alembic looks for a file of this name and runs it."""

from __future__ import annotations

from alembic import context

from cbrn_consumers.desk.accounts.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

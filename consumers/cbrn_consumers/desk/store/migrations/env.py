"""What Alembic runs: the steps that are lacking, in the transaction of whoever asks."""

from alembic import context

from cbrn_consumers.desk.store.database import VERSIONS
from cbrn_consumers.desk.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSIONS)
with context.begin_transaction():
    context.run_migrations()

"""How does Alembic reach the database? Over the connection that `migrate` hands it, never one of its own."""

from alembic import context

from rag.adapters.postgres.tables import TABLES

context.configure(connection=context.config.attributes["connection"], target_metadata=TABLES)
with context.begin_transaction():
    context.run_migrations()

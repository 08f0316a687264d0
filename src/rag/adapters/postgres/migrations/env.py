"""How does Alembic reach the database? Over the connection that `migrate` hands it, never one of its own."""

from alembic import context

from rag.adapters.postgres.tables import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    transaction_per_migration=True,  # a step may have to leave its transaction, and must not end another's
)
with context.begin_transaction():
    context.run_migrations()

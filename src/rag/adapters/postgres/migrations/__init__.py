"""How did the tables come to be what they are? Alembic reads this folder; `migrate` runs it."""

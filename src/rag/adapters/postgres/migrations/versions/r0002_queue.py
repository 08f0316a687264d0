"""Make the tables of the job queue: they are pgqueuer's own, so it is asked how they must look."""

from typing import Any

from alembic import op
from pgqueuer.adapters.persistence.schema_ddl import render_install

from rag.adapters.postgres.queue_names import QUEUE_NAMES

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """This will install the queue as pgqueuer 1.6 declares it.

    The script holds several statements, so it goes to the driver as it is. A newer pgqueuer that wants other
    tables is met by a further step; a test compares what stands here with what the installed one expects.
    """
    script = render_install(QUEUE_NAMES, create_schema=False)
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(script))

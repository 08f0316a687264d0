"""What are the queue's own tables called? Said here once, so that no environment variable can rename them."""

from typing import Final

from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel

ENTRYPOINT: Final = "ingest"

QUEUE_NAMES: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)

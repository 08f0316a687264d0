"""What may a worker change in the queue? Only what is still its own: a sleeper's jobs go to others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import JOB_STATUS, JobId, QueueManagerId
from pgqueuer.ports.driver import Driver

from rag.adapters.postgres.queue_names import QUEUE_NAMES

_HEARTBEAT: Final = """
    UPDATE pgqueuer SET heartbeat = now() WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2
"""
_OURS: Final = "SELECT id FROM pgqueuer WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2"


@dataclass
class OwnedQueue(Queries):
    """pgqueuer's statements, which by themselves end, delay or keep alive a job whoever has picked it.

    Attributes:
        owner: the queue manager that this belongs to, once there is one.
    """

    owner: QueueManagerId | None = None

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        """This will keep our own jobs alive, and no other's."""
        await self.driver.execute(_HEARTBEAT, list(set(job_ids)), self.owner)

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        """This will take our own ended jobs out of the queue."""
        ours = await self._ours([job.id for job, _, _ in job_status])
        await super().log_jobs([ended for ended in job_status if ended[0].id in ours])

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """This will put a job of our own back into the queue."""
        if await self._ours([job.id]):
            await super().retry_job(job, delay, traceback_record)

    async def _ours(self, ids: list[JobId]) -> Collection[JobId]:
        return {JobId(int(str(row["id"]))) for row in await self.driver.fetch(_OURS, ids, self.owner)}


def queue_of(driver: Driver) -> OwnedQueue:
    """This will give the queue under our own names for its tables."""
    return OwnedQueue(
        driver,
        qbe=QueryBuilderEnvironment(QUEUE_NAMES),
        qbq=QueryQueueBuilder(QUEUE_NAMES),
        qbs=QuerySchedulerBuilder(QUEUE_NAMES),
    )

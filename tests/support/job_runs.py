"""How do tests run an ingestion job over the fakes?"""

from rag.adapters.archives import FileArchives
from rag.adapters.parsers.sidecars import SidecarFiles
from rag.adapters.prometheus import PrometheusTelemetry
from rag.ports.jobs import Job, JobBoard
from rag.services.describe_files import DescribeFiles
from rag.services.expand_archives import ExpandArchives
from rag.services.run_job import RunJob
from rag.services.unpack_upload import UnpackUpload
from tests.support.workbench import LineParser, Workbench


def job_runner(bench: Workbench, jobs: JobBoard) -> RunJob:
    """Make the service that runs jobs; a test takes `dataclasses.replace` to change a part of it."""
    return RunJob(
        jobs=jobs,
        ingest=bench.ingest(),
        telemetry=PrometheusTelemetry(version="0"),
        unpack=UnpackUpload(ExpandArchives(FileArchives(LineParser().reads))),
        describe=DescribeFiles(SidecarFiles()),
    )


def outcomes(job: Job) -> dict[str, str]:
    """Give what became of each file."""
    return {result.name: result.outcome for result in job.results}

"""What do we tell Prometheus?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from statistics import fmean

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from rag.ports.jobs import Backlog, JobState
from rag.ports.journal import QueryRecord

# The runbook's thresholds (0.5, 1, 2, 2.5, 3 s) are exact edges, so that quantiles near them do not blur.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 3.0, 5.0, 10.0)
STAGES = ("session", "embed", "retrieve", "fuse", "read", "rerank", "split", "extract")
ERROR_KINDS = (
    "QdrantException",
    "GroqAPIError",
    "DatabaseError",
    "ValidationError",
    "ModelError",
    "NotFound",
    "Overload",
    "Unavailable",
    "InternalError",
)
QUERY_OUTCOMES = ("answered", "abstained")
INGEST_OUTCOMES = ("added", "changed", "unchanged", "failed")
SCORES_KEPT = 100


class PrometheusTelemetry:
    """Counters, gauges and histograms under the runbook's names, in a registry of its own."""

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        self._queries = Counter(
            "rag_queries", "Questions answered or declined.", ["outcome"], registry=self.registry
        )
        self._latency = Histogram(
            "rag_query_latency_seconds",
            "From the question's arrival until its answer is in the query log.",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "rag_query_stage_seconds",
            "Time of one stage of a query.",
            ["stage"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        # No answer is cached yet: the runbook's ratio of the two must find them at 0 rather than not at all.
        Counter("rag_cache_requests", "Questions looked up in the answer cache.", registry=self.registry)
        Counter("rag_cache_hits", "Questions answered from the answer cache.", registry=self.registry)
        self._errors = Counter("rag_errors", "Errors by kind.", ["kind"], registry=self.registry)
        self._active = Gauge("rag_active_queries", "Questions being answered now.", registry=self.registry)
        self._score = Gauge(
            "rag_retrieval_score",
            f"Mean of the best passage's cosine over the last {SCORES_KEPT} questions.",
            registry=self.registry,
        )
        # Not 0 before the first question: an alert on a low score would fire after every start.
        self._score.set(math.nan)
        self._watch_ingestion()
        self._watch_canary()
        build = Gauge(
            "rag_build_info", "Always 1; the version is in the label.", ["version"], registry=self.registry
        )
        build.labels(version).set(1)
        self._scores: list[float] = []
        self._start_at_zero()

    def _watch_ingestion(self) -> None:
        self._files = Counter(
            "rag_ingested_files", "Files taken in, by outcome.", ["outcome"], registry=self.registry
        )
        self._chunks = Counter("rag_ingested_chunks", "Chunks stored.", registry=self.registry)
        self._jobs = Gauge("rag_jobs", "Jobs by state.", ["state"], registry=self.registry)
        self._files_waiting = Gauge(
            "rag_job_files_waiting", "Files of all open jobs without an outcome.", registry=self.registry
        )
        self._bytes_waiting = Gauge("rag_job_bytes_waiting", "Bytes of these files.", registry=self.registry)

    def _watch_canary(self) -> None:
        self._canary_recall = Gauge(
            "rag_canary_recall",
            "Recall at 5 of the last run of golden questions; NaN before the first.",
            registry=self.registry,
        )
        self._canary_time = Gauge(
            "rag_canary_last_run_timestamp_seconds",
            "When that run ended, in Unix time; NaN before the first.",
            registry=self.registry,
        )
        self._canary_drift = Gauge(
            "rag_canary_drift",
            "Recall of the first run on this generation minus that of the last; above 0 is worse.",
            registry=self.registry,
        )
        for gauge in (self._canary_recall, self._canary_time, self._canary_drift):
            gauge.set(math.nan)
        self._canary_failures = Counter(
            "rag_canary_failures", "Golden questions that got no reply.", registry=self.registry
        )
        self._canary_questions = Gauge(
            "rag_canary_questions", "Golden questions asked in a run; 0: it is off.", registry=self.registry
        )

    def _start_at_zero(self) -> None:
        """Make every label set known, or the first error would be invisible to `increase`."""
        for outcome in QUERY_OUTCOMES:
            self._queries.labels(outcome)
        for kind in ERROR_KINDS:
            self._errors.labels(kind)
        for stage in STAGES:
            self._stages.labels(stage)
        for outcome in INGEST_OUTCOMES:
            self._files.labels(outcome)
        for state in JobState:
            self._jobs.labels(state.value)

    @contextmanager
    def active_query(self) -> Iterator[None]:
        """This will count a query as active until the context ends."""
        with self._active.track_inprogress():
            yield

    def answered(self, entry: QueryRecord) -> None:
        """This will count an answered query with its latency, stages and retrieval score."""
        self._queries.labels("abstained" if entry.answer.abstained else "answered").inc()
        self._latency.observe(entry.latency_ms / 1000)
        for stage, milliseconds in entry.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1000)
        if entry.retrieval_score is not None:
            self._scores = [*self._scores, entry.retrieval_score][-SCORES_KEPT:]
            self._score.set(fmean(self._scores))

    def failed(self, kind: str) -> None:
        """This will count an error of this kind."""
        self._errors.labels(kind).inc()

    def ingested(self, outcome: str, *, chunks: int) -> None:
        """This will count a file that was added, changed, unchanged or failed."""
        self._files.labels(outcome).inc()
        self._chunks.inc(chunks)

    def waiting(self, backlog: Backlog) -> None:
        """This will show how many jobs are in each state, and how much waits."""
        for state in JobState:
            self._jobs.labels(state.value).set(backlog.jobs.get(state, 0))
        self._files_waiting.set(backlog.files)
        self._bytes_waiting.set(backlog.size_bytes)

    def canary_asks(self, questions: int) -> None:
        """This will show how many golden questions the service asks itself."""
        self._canary_questions.set(questions)

    def canary_failed(self) -> None:
        """This will count a golden question that got no reply."""
        self._canary_failures.inc()

    def canary_ran(self, *, recall: float, drift: float | None, at: datetime) -> None:
        """This will show a run's recall, when it ended, and how much worse it was than the first one."""
        self._canary_recall.set(recall)
        self._canary_time.set(at.timestamp())
        if drift is not None:
            self._canary_drift.set(drift)

    def exposition(self) -> tuple[bytes, str]:
        """This will give the metrics in Prometheus's text format, and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST

"""Commands that watch, cancel and retry uploads, beside a running service."""

import json
import os
import subprocess
import sys
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.terminal import Service, Terminal


@pytest.fixture
def job(service: Service, rag: Terminal) -> dict[str, Any]:
    """A job with a file that can be read and one that cannot, at its end."""
    parts = [("files", ("moon.md", b"The moon orbits the earth.")), ("files", ("void.md", b" "))]
    reply = httpx.post(f"{service.address}/documents", files=parts)
    finished = rag("jobs", "wait", reply.json()["id"], "--json")
    assert finished.code == 1  # one file failed
    ended: dict[str, Any] = finished.json
    return ended


def test_a_waited_for_job_is_shown_with_its_files(job: dict[str, Any], rag: Terminal) -> None:
    """Each with its outcome, and the one that failed with its reason."""
    assert (job["state"], job["done"], job["total"], job["failed"]) == ("succeeded", 2, 2, 1)
    by_name = {file["name"]: file for file in job["files"]}
    assert by_name["moon.md"]["outcome"] in {"added", "unchanged"}
    assert by_name["void.md"]["error_code"] == "document_empty"
    shown = rag("jobs", "show", job["id"])
    assert shown.code == 0
    assert f"Job {job['id']}: succeeded, 2/2 files, 1 failed" in shown.out
    assert "void.md" in shown.out
    assert rag("jobs", "show", job["id"], "--watch", "--json").json == job


def test_the_json_is_that_of_the_service(job: dict[str, Any], service: Service) -> None:
    """Whoever reads the one can read the other."""
    shown = httpx.get(f"{service.address}/jobs/{job['id']}").json()
    assert list(shown) == list(job)
    assert list(shown["files"][0]) == list(job["files"][0])


def test_jobs_are_listed_the_newest_first(job: dict[str, Any], rag: Terminal) -> None:
    """As a table or as JSON, whole or by state, page by page."""
    listed = rag("jobs", "list", "--state", "succeeded", "--json").json
    assert listed[0]["id"] == job["id"]
    assert "files" not in listed[0]
    table = rag("jobs", "list", "--limit", "1").out.splitlines()
    assert table[0].split() == ["ID", "STATE", "DONE", "TOTAL", "FAILED", "SIZE", "LEFT", "CREATED"]
    assert table[1].split()[:5] == [job["id"], "succeeded", "2", "2", "1"]
    older = rag("jobs", "list", "--after", job["id"], "--json").json
    assert job["id"] not in {each["id"] for each in older}
    assert "There is no such job" in rag("jobs", "list", "--state", "cancelled").err


def test_failed_files_are_tried_again(job: dict[str, Any], rag: Terminal) -> None:
    """The command says how many, and how to watch them."""
    again = rag("jobs", "retry", job["id"])
    assert again.code == 0
    assert again.out == f"Queued again: 1 of 2 files. Watch: rag jobs wait {job['id']}\n"
    ended = rag("jobs", "wait", job["id"])
    assert ended.code == 1
    assert "1 failed" in ended.out


def test_an_ended_job_cannot_be_cancelled(job: dict[str, Any], rag: Terminal) -> None:
    """It is a failure with advice, not a slip of the command line."""
    refused = rag("jobs", "cancel", job["id"])
    assert refused.code == 1
    assert f"The job {job['id']} has succeeded already." in refused.err
    assert "delete the documents" in refused.err


@pytest.mark.parametrize("command", ["show", "wait", "cancel", "retry"])
def test_an_unknown_job_is_a_failure_with_advice(rag: Terminal, command: str) -> None:
    """It says where ids come from."""
    finished = rag("jobs", command, str(uuid4()))
    assert finished.code == 1
    assert "list the jobs" in finished.err


def test_a_worker_may_end_when_nothing_is_left(service: Service) -> None:
    """`rag work --once` logs as the service does, and ends by itself with 0."""
    worker = subprocess.run(
        [sys.executable, "-m", "rag", "work", "--once"],
        env={**os.environ, "RAG_DATA_DIR": str(service.data_dir)},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
        timeout=90,
    )
    lines = [json.loads(line) for line in worker.stderr.splitlines()]
    assert [line["event"] for line in lines][-2:] == ["working", "stopped"]
    assert {line["level"] for line in lines} == {"info"}

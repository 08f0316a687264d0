"""Jobs over HTTP: listed, cancelled, tried again."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.interfaces.http.stand import Stand, is_problem


async def uploaded(client: httpx.AsyncClient, **texts: str) -> dict[str, Any]:
    """Send files and give their job."""
    files = [("files", (f"{name}.md", text.encode())) for name, text in texts.items()]
    reply = await client.post("/documents", files=files)
    assert reply.status_code == 202
    job: dict[str, Any] = reply.json()
    return job


async def test_jobs_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    """The newest first, without files; following `next_after` shows each once."""
    jobs = [await uploaded(client, a="One.", b="Two.") for _ in range(3)]
    first = (await client.get("/jobs", params={"limit": 2})).json()
    second = (await client.get("/jobs", params={"limit": 2, "after": first["next_after"]})).json()
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == [job["id"] for job in reversed(jobs)]
    assert second["next_after"] is None
    assert "files" not in first["jobs"][0]
    assert first["jobs"][0]["total"] == 2


async def test_jobs_are_listed_by_state(client: httpx.AsyncClient) -> None:
    """A state without jobs gives an empty page."""
    job = await uploaded(client, a="One.")
    queued = (await client.get("/jobs", params={"state": "queued"})).json()["jobs"]
    assert [listed["id"] for listed in queued] == [job["id"]]
    assert (await client.get("/jobs", params={"state": "running"})).json()["jobs"] == []


@pytest.mark.parametrize(
    "params", [{"state": "odd"}, {"limit": "0"}, {"limit": "1001"}, {"after": "7"}, {"page": "2"}]
)
async def test_a_malformed_list_of_jobs_is_refused(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    """The field is named."""
    problem = is_problem(await client.get("/jobs", params=params), status=422, code="request_invalid")
    assert problem["errors"][0]["field"].startswith("query.")


async def test_a_page_after_no_job_is_refused(client: httpx.AsyncClient) -> None:
    """Paging on from a job that was deleted does not look like the end of the list."""
    reply = await client.get("/jobs", params={"after": str(uuid4())})
    is_problem(reply, status=404, code="job_unknown")


async def test_a_job_is_cancelled_once_and_for_all(client: httpx.AsyncClient, stand: Stand) -> None:
    """Asked twice it says the same, its files are never taken in, and nothing of it can be tried again."""
    job = await uploaded(client, a="The moon orbits the earth.")
    cancelled = await client.post(f"/jobs/{job['id']}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["state"] == "cancelled"
    assert [file["outcome"] for file in cancelled.json()["files"]] == ["cancelled"]
    assert (await client.post(f"/jobs/{job['id']}/cancel")).json() == cancelled.json()
    await stand.application().run_job(UUID(job["id"]))
    assert (await client.get("/documents", params={"source": "a.md"})).json()["documents"] == []
    again = await client.post(f"/jobs/{job['id']}/retry")
    is_problem(again, status=409, code="job_nothing_to_retry")


async def test_an_ended_job_is_not_cancelled(client: httpx.AsyncClient, stand: Stand) -> None:
    """What it took in stays, and the problem says what to do."""
    job = await uploaded(client, a="The moon orbits the earth.")
    await stand.application().run_job(UUID(job["id"]))
    problem = is_problem(await client.post(f"/jobs/{job['id']}/cancel"), status=409, code="job_ended")
    assert "succeeded" in problem["detail"]
    assert stand.count("rag_errors_total", kind="ValidationError") == 1


async def test_failed_files_are_tried_again(client: httpx.AsyncClient, stand: Stand) -> None:
    """They alone; a job that has not ended is refused."""
    job = await uploaded(client, good="The moon orbits the earth.", empty="")
    waiting = await client.post(f"/jobs/{job['id']}/retry")
    is_problem(waiting, status=409, code="job_not_ended")
    await stand.application().run_job(UUID(job["id"]))
    reply = await client.post(f"/jobs/{job['id']}/retry")
    assert reply.status_code == 202
    assert (reply.json()["state"], reply.json()["done"], reply.json()["failed"]) == ("queued", 1, 0)
    await stand.application().run_job(UUID(job["id"]))
    ended = (await client.get(f"/jobs/{job['id']}")).json()
    assert {file["name"]: file["outcome"] for file in ended["files"]} == {
        "good.md": "added",
        "empty.md": "failed",
    }
    assert (ended["state"], ended["failed"]) == ("succeeded", 1)

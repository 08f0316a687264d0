"""Documents and jobs over HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.adapters.in_memory.jobs import InMemoryJobBoard
from rag.adapters.in_memory.search import InMemorySearchIndex
from rag.domain.documents import ChunkId
from rag.interfaces.http.uploads import FileNameError, document_name
from rag.ports.jobs import Job
from tests.interfaces.http.stand import NIGHTLY, QUESTION, Stand, is_problem

JOB = [
    "id",
    "state",
    "done",
    "failed",
    "total",
    "bytes_done",
    "bytes_total",
    "files_per_second",
    "bytes_per_second",
    "seconds_left",
    "worker",
    "heard_at",
    "created_at",
    "started_at",
    "finished_at",
    "files",
]


def text_file(name: str, text: str = "A line.") -> tuple[str, tuple[str, bytes]]:
    """Make one part of an upload."""
    return ("files", (name, text.encode()))


async def test_an_upload_is_a_job_that_makes_its_files_searchable(stand: Stand) -> None:
    """202 with the job's place; each file has its outcome there, and one that fails stops no other."""
    application = stand.application()
    async with stand.client() as client:
        files = [text_file("a.md", "The moon orbits the earth."), text_file("empty.md", "")]
        reply = await client.post("/documents", files=files)
        assert reply.status_code == 202
        accepted = reply.json()
        assert list(accepted) == JOB
        assert (accepted["state"], accepted["done"], accepted["total"]) == ("queued", 0, 2)
        assert reply.headers["location"] == f"/jobs/{accepted['id']}"
        await application.run_job(UUID(accepted["id"]))
        job = (await client.get(reply.headers["location"])).json()
        assert list(job) == JOB
        assert (job["state"], job["done"], job["total"]) == ("succeeded", 2, 2)
        assert job["finished_at"].endswith("Z")
        by_name = {entry["name"]: entry for entry in job["files"]}
        assert by_name["a.md"]["outcome"] == "added"
        assert by_name["a.md"]["error"] is None
        assert by_name["empty.md"]["outcome"] == "failed"
        assert "holds no text" in by_name["empty.md"]["error"]
        assert by_name["empty.md"]["error_code"] == "document_empty"
        assert (job["failed"], job["bytes_done"], job["bytes_total"]) == (1, 26, 26)
        answer = await client.post("/query", json={"question": "what does the moon orbit", "top_k": 1})
        assert answer.json()["citations"][0]["document_id"] == by_name["a.md"]["document_id"]


async def test_two_files_of_one_name_stay_two(client: httpx.AsyncClient, stand: Stand) -> None:
    """Neither is lost in silence."""
    reply = await client.post("/documents", files=[text_file("a.md", "One."), text_file("a.md", "Two.")])
    contents = await stand.jobs.contents(UUID(reply.json()["id"]), ["a.md", "a (2).md"])
    assert contents == {"a.md": b"One.", "a (2).md": b"Two."}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x.md", "x.md"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\docs\\plan.txt", "docs/plan.txt"),
        ("guides/./backup.md", "guides/backup.md"),
        ("a\nb\r.md", "ab.md"),
        ("gpj\u202eexe.md", "gpjexe.md"),
        ("Übersicht 日本.md", "Übersicht 日本.md"),
        ("u\u0308.md", "\u00fc.md"),
    ],
)
def test_a_name_is_made_harmless(given: str, kept: str) -> None:
    """Folders stay, and whatever leads elsewhere or deceives the eye goes."""
    assert document_name(given) == kept


@given(st.text())
def test_no_name_leads_out_of_its_folder(given: str) -> None:
    """Whatever is sent: relative, printable, storable, and the same when it is cleaned again."""
    try:
        name = document_name(given)
    except FileNameError:
        return
    assert not name.startswith("/")
    assert not {"", ".", ".."} & set(name.split("/"))
    assert "\x00" not in name
    assert name.encode()
    assert document_name(name) == name


async def test_a_path_like_name_arrives_harmless(client: httpx.AsyncClient, stand: Stand) -> None:
    """The name is cleaned before anything is stored."""
    reply = await client.post("/documents", files=[text_file("../../guides/x.md")])
    uploads = await stand.jobs.start(UUID(reply.json()["id"]))
    assert [upload.name for upload in uploads] == ["guides/x.md"]


async def test_an_upload_without_a_file_is_refused(client: httpx.AsyncClient) -> None:
    """No part, a part under another name, and a part that is no file are named."""
    nothing = await client.post("/documents", files=[("file", ("a.md", b"x"))])
    problem = is_problem(nothing, status=422, code="request_invalid")
    assert problem["errors"] == [{"field": "body.files", "message": "Field required"}]
    more = await client.post("/documents", files=[text_file("a.md"), ("source", (None, b"x"))])
    problem = is_problem(more, status=422, code="request_invalid")
    assert problem["errors"][0]["field"] == "body.source"
    is_problem(
        await client.post("/documents", files=[("files", (None, b"x"))]), status=422, code="request_invalid"
    )
    is_problem(await client.post("/documents"), status=422, code="request_invalid")


@pytest.mark.parametrize("name", ["..", "/", " ", "x" * 256])
async def test_a_file_needs_a_usable_name(client: httpx.AsyncClient, stand: Stand, name: str) -> None:
    """Nothing is accepted of an upload with a name that no document can have."""
    reply = await client.post("/documents", files=[text_file("a.md"), text_file(name)])
    is_problem(reply, status=422, code="file_name_unusable")
    assert stand.count("rag_errors_total", kind="ValidationError") == 1


async def test_a_file_with_an_empty_name_is_refused(client: httpx.AsyncClient) -> None:
    """A part that says `filename=""` is what a form sends when nothing was chosen."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--b--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    reply = await client.post("/documents", content=body, headers=headers)
    assert reply.status_code == 422
    assert reply.json()["code"] in {"file_name_unusable", "request_invalid"}


async def test_a_broken_upload_is_refused(client: httpx.AsyncClient) -> None:
    """Multipart without its boundary cannot be taken apart."""
    reply = await client.post(
        "/documents", content=b"--b\r\n", headers={"content-type": "multipart/form-data"}
    )
    is_problem(reply, status=400, code="request_malformed")


async def test_too_many_files_are_refused(client: httpx.AsyncClient) -> None:
    """The reply says how many may be sent."""
    reply = await client.post("/documents", files=[text_file(f"{n}.md") for n in range(1001)])
    assert "1000" in is_problem(reply, status=400, code="request_malformed")["detail"]


async def test_documents_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    """Following `next_after` shows each document once; the last page has none."""
    whole = (await client.get("/documents")).json()
    assert whole["next_after"] is None
    assert {document["source"] for document in whole["documents"]} == {"guides/backup.md", "alerts.md"}
    first = (await client.get("/documents", params={"limit": 1})).json()
    second = (await client.get("/documents", params={"limit": 1, "after": first["next_after"]})).json()
    assert first["documents"] + second["documents"] == whole["documents"]
    assert second["next_after"] is None


async def test_a_drivers_own_ids_are_sent_like_any_other(stand: Stand) -> None:
    """Database drivers give UUIDs of their own class."""

    class DriversUUID(UUID):
        """What asyncpg gives, in short."""

    class DriversBoard(InMemoryJobBoard):
        """A board that names jobs as such a driver does."""

        async def job(self, job_id: UUID, *, with_results: bool = True) -> Job:
            """Show a job under an id of that class."""
            shown = await super().job(job_id, with_results=with_results)
            return replace(shown, id=DriversUUID(str(job_id)))

    stand.jobs = DriversBoard()
    async with stand.client() as client:
        accepted = await client.post("/documents", files=[text_file("a.md")])
    assert accepted.headers["location"] == f"/jobs/{accepted.json()['id']}"


async def test_documents_are_found_by_the_end_of_their_name(client: httpx.AsyncClient) -> None:
    """`backup.md` names `guides/backup.md`, and no part of a name does."""
    found = (await client.get("/documents", params={"source": "backup.md"})).json()["documents"]
    assert [document["source"] for document in found] == ["guides/backup.md"]
    assert (await client.get("/documents", params={"source": "ackup.md"})).json()["documents"] == []


@pytest.mark.parametrize(
    "params",
    [{"limit": "0"}, {"limit": "1001"}, {"limit": "x"}, {"after": "7"}, {"page": "2"}, {"source": "\x00"}],
)
async def test_a_malformed_list_is_refused(client: httpx.AsyncClient, params: dict[str, str]) -> None:
    """An unknown parameter is an error too: a misspelt filter would show everything."""
    reply = await client.get("/documents", params=params)
    problem = is_problem(reply, status=422, code="request_invalid")
    assert problem["errors"][0]["field"].startswith("query.")


async def test_a_document_is_shown_with_its_chunks(client: httpx.AsyncClient) -> None:
    """The document has no text of its own; the chunks show how it was cut."""
    listed = (await client.get("/documents", params={"source": "backup.md"})).json()["documents"][0]
    shown = (await client.get(f"/documents/{listed['id']}")).json()
    assert shown == listed
    assert shown["metadata"] == {"team": "storage"}
    assert shown["created_at"].endswith("Z")
    chunks = (await client.get(f"/documents/{listed['id']}/chunks")).json()
    assert chunks["document_id"] == listed["id"]
    assert len(chunks["chunks"]) == shown["chunks"] == 1
    assert list(chunks["chunks"][0]) == ["id", "ordinal", "span", "text", "page", "section", "token_count"]
    assert chunks["chunks"][0]["text"] == NIGHTLY


async def test_a_deleted_document_is_gone(client: httpx.AsyncClient) -> None:
    """The reply is the proof; afterwards no answer cites it, and deleting it again is 404."""
    listed = (await client.get("/documents", params={"source": "backup.md"})).json()["documents"][0]
    reply = await client.delete(f"/documents/{listed['id']}")
    assert reply.json() == {"document_id": listed["id"], "chunks": 1, "proved_absent": True}
    answer = (await client.post("/query", json={"question": QUESTION})).json()
    assert listed["id"] not in {citation["document_id"] for citation in answer["citations"]}
    again = await client.delete(f"/documents/{listed['id']}")
    is_problem(again, status=404, code="document_unknown")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("GET /documents/{}", "document_unknown"),
        ("DELETE /documents/{}", "document_unknown"),
        ("GET /documents/{}/chunks", "document_unknown"),
        ("GET /jobs/{}", "job_unknown"),
        ("POST /jobs/{}/cancel", "job_unknown"),
        ("POST /jobs/{}/retry", "job_unknown"),
    ],
)
async def test_what_does_not_exist_is_404(
    client: httpx.AsyncClient, stand: Stand, call: str, code: str
) -> None:
    """An unknown id is 404 and counted; one that is no id at all is 422."""
    method, path = call.split(" ")
    is_problem(await client.request(method, path.format(uuid4())), status=404, code=code)
    assert stand.count("rag_errors_total", kind="NotFound") == 1
    is_problem(await client.request(method, path.format("7")), status=422, code="request_invalid")


class ForgetfulIndex(InMemorySearchIndex):
    """An engine that says it deleted, and did not."""

    async def remove(self, generation: str, chunk_ids: Sequence[ChunkId]) -> None:
        """Remove nothing."""


async def test_a_deletion_that_cannot_be_proved_is_an_error(stand: Stand) -> None:
    """The index that keeps what it should drop is told on."""
    stand.bench.index = ForgetfulIndex()
    async with stand.client() as client:
        listed = (await client.get("/documents")).json()["documents"][0]
        reply = await client.delete(f"/documents/{listed['id']}")
    is_problem(reply, status=503, code="deletion_unproven")

"""The service over the real PostgreSQL, the real vector engine and the real model."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from rag.bootstrap import Application, load_settings
from rag.interfaces.http.app import serving_app
from tests.interfaces.http.stand import client_of, events_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACKUP = b"""# Backups

A backup of the database is made every night at two o'clock. It is kept for thirty days.

Run the restore command before you start the service again.
"""
COFFEE = b"""# Coffee machine

The coffee machine in the kitchen is cleaned every Friday by the facility team.
"""
ASKED = {"question": "When is the backup of the database made?"}
RATINGS = """
    SELECT query_text, rating, sources FROM query_logs JOIN feedback ON query_logs.id = feedback.query_log_id
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for the embedded servers of this module."""
    return tmp_path_factory.mktemp("served")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def app(data_dir: Path) -> AsyncIterator[FastAPI]:
    """The service with its lifespan, as a server would run it."""
    app = serving_app(load_settings({"RAG_DATA_DIR": str(data_dir)}))
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, once it is ready."""
    async with client_of(app) as client, asyncio.timeout(60):
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - a probe is asked again
            await asyncio.sleep(0.05)
        yield client


async def rows(app: FastAPI, statement: str) -> list[tuple[Any, ...]]:
    """Read what stands in PostgreSQL."""
    application: Application = app.state.application
    url = make_url(application.stores.database_url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(text(statement))]
    await engine.dispose()
    return found


async def upload(client: httpx.AsyncClient, **files: bytes) -> dict[str, Any]:
    """Send files and wait for the end of their job."""
    parts = [("files", (f"{name}.md", content)) for name, content in files.items()]
    reply = await client.post("/documents", files=parts)
    assert reply.status_code == 202
    async with asyncio.timeout(60):
        while True:
            job: dict[str, Any] = (await client.get(reply.headers["location"])).json()
            if job["finished_at"]:
                return job
            await asyncio.sleep(0.05)


async def test_a_document_is_uploaded_asked_about_rated_and_deleted(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    """What is acknowledged stands in PostgreSQL, and what is deleted is found nowhere."""
    assert (await client.post("/query", json=ASKED)).json()["abstained"]
    job = await upload(client, backup=BACKUP, coffee=COFFEE)
    assert (job["state"], job["done"], job["total"]) == ("succeeded", 2, 2)
    assert [entry["error"] for entry in job["files"]] == [None, None]

    answer = (await client.post("/query", json=ASKED)).json()
    assert answer["abstained"] is False
    assert "every night at two o'clock" in answer["answer"]
    cited = answer["citations"][0]
    assert cited["source"] == "backup.md"
    application: Application = app.state.application
    stored = await application.stores.library.document(UUID(cited["document_id"]))
    assert stored.parsed.text[cited["span"]["start"] : cited["span"]["end"]] == cited["text"]
    assert (await client.get("/health")).json()["generation"] == answer["generation"]

    rated = {"query_log_id": answer["query_log_id"], "thumbs": "up", "comment": "Genau. 👍"}
    assert (await client.post("/feedback", json=rated)).status_code == 201
    assert await rows(app, RATINGS) == [(ASKED["question"], 5, ["backup.md"])]

    streamed = events_of((await client.post("/query", json={**ASKED, "stream": True})).text)
    assert streamed[-2][0] == "final_answer"
    assert streamed[-2][1]["answer"] == answer["answer"]
    assert len(await rows(app, "SELECT id FROM query_logs")) == 3

    deleted = (await client.delete(f"/documents/{cited['document_id']}")).json()
    assert deleted["proved_absent"] is True
    assert await rows(app, "SELECT source FROM documents") == [("coffee.md",)]
    later = (await client.post("/query", json=ASKED)).json()
    assert cited["document_id"] not in {citation["document_id"] for citation in later["citations"]}
    found = (await client.post("/search", json=ASKED)).json()["passages"]
    assert {passage["source"] for passage in found} == {"coffee.md"}


async def test_a_file_that_cannot_be_read_fails_alone(client: httpx.AsyncClient) -> None:
    """Its job says what is wrong with it; the other file is there."""
    job = await upload(client, empty=b"", tea=b"Tea is served at four in the afternoon.")
    outcomes = {entry["name"]: entry for entry in job["files"]}
    assert job["state"] == "succeeded"
    assert outcomes["tea.md"]["outcome"] == "added"
    assert outcomes["empty.md"]["outcome"] == "failed"
    assert outcomes["empty.md"]["error"]


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    return number


async def test_a_signal_ends_the_service_in_order(
    client: httpx.AsyncClient, data_dir: Path, port: int
) -> None:
    """SIGTERM ends the process with 0 after what was begun; every line that it wrote is JSON."""
    await upload(client, tea=b"Tea is served at four in the afternoon.")
    program = (
        "from rag.bootstrap import load_settings; from rag.interfaces.http.app import serve; "
        f"serve(load_settings(), host='127.0.0.1', port={port})"
    )
    environment = {**os.environ, "RAG_DATA_DIR": str(data_dir), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE, env=environment
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as own:
        async with asyncio.timeout(60):
            while not await _is_ready(own):  # noqa: ASYNC110 - a probe is asked again
                await asyncio.sleep(0.1)
        asking = asyncio.create_task(own.post("/query", json=ASKED))
        await asyncio.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert (await asking).status_code == 200
    _, written = await process.communicate()
    assert process.returncode == 0
    events = [json.loads(line)["event"] for line in written.decode().splitlines()]
    assert "listening" in events
    assert events[-1] == "stopped"


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False

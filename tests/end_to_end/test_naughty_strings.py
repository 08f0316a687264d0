"""Strings that break programs do nothing here, as contents, names, metadata and questions."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.interfaces.http.uploads import FileNameError, document_name
from tests.support.shared import shared_folder
from tests.support.terminal import fresh_data_dir

FILES_A_REQUEST = 100


class LoggingService:
    """A real service whose every log line is kept."""

    def __init__(self, data_dir: Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rag", "serve", "--port", "0"],
            env={**os.environ, "RAG_DATA_DIR": str(data_dir)},
            stderr=subprocess.PIPE,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as written:
            for line in written:
                self.lines.append(line.decode())

    def said(self, event: str) -> dict[str, Any]:
        """Wait for a line and give it."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if f'"{event}"' in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            time.sleep(0.05)
        pytest.fail(f"the service never said {event}")

    def stop(self) -> int:
        """End it in good order."""
        self._process.terminate()
        code = self._process.wait(60)
        self._reading.join(60)
        return code


@pytest.fixture(scope="module")
def strings() -> list[str]:
    """The list of naughty strings."""
    found: list[str] = json.loads((shared_folder("hostile") / "blns.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggingService]:
    """A service of this module's own."""
    service = LoggingService(fresh_data_dir(tmp_path_factory))
    yield service
    service.stop()


@pytest.fixture(scope="module")
def client(service: LoggingService) -> Iterator[httpx.Client]:
    """A client of it."""
    port = service.said("listening")["port"]
    service.said("warm")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        yield client


def take_in(client: httpx.Client, files: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """Upload files, wait for their jobs, and give every outcome."""
    outcomes: list[dict[str, Any]] = []
    for first in range(0, len(files), FILES_A_REQUEST):
        reply = client.post("/documents", files=[("files", file) for file in files[first : first + 100]])
        assert reply.status_code == httpx.codes.ACCEPTED, reply.text
        deadline = time.monotonic() + 120
        while (job := client.get(f"/jobs/{reply.json()['id']}").json())["finished_at"] is None:
            assert time.monotonic() < deadline, job
            time.sleep(0.1)
        outcomes += job["files"]
    return outcomes


def found(client: httpx.Client, question: str, **narrowed: object) -> list[dict[str, Any]]:
    """Give the fifty best passages: numbered words are all much alike to the embedding model."""
    body = {"question": question, "top_k": 50, **({"filter": narrowed} if narrowed else {})}
    reply = client.post("/search", json=body)
    assert reply.status_code == httpx.codes.OK, (question, reply.text)
    passages: list[dict[str, Any]] = reply.json()["passages"]
    return passages


def letters(text: str) -> str:
    """Give what a reader reads of a text: its letters and digits, composed."""
    return "".join(one for one in unicodedata.normalize("NFC", text) if one.isalnum())


@pytest.mark.timeout(300)
def test_contents_are_kept_and_found(client: httpx.Client, strings: list[str]) -> None:
    """Every letter of each string is stored, and each is found by the word beside it."""
    files = [
        (f"content-{number:03}.txt", f"zebra{number}content says: {text} :so far".encode(errors="replace"))
        for number, text in enumerate(strings)
    ]
    outcomes = take_in(client, files)
    assert {outcome["outcome"] for outcome in outcomes} == {"added"}
    written = dict(files)
    for outcome in outcomes:
        chunks = client.get(f"/documents/{outcome['document_id']}/chunks").json()["chunks"]
        stored = "".join(chunk["text"] for chunk in chunks)
        assert letters(stored) == letters(written[outcome["name"]].decode()), outcome["name"]
    for number in range(len(strings)):
        sources = [passage["source"] for passage in found(client, f"zebra{number}content")]
        assert f"content-{number:03}.txt" in sources


@pytest.mark.timeout(300)
def test_bare_contents_are_added_or_refused_with_a_reason(client: httpx.Client, strings: list[str]) -> None:
    """A file that holds nothing else is read, or said to hold nothing to find; never an internal error."""
    files = [
        (f"bare-{number:03}.{ending}", text.encode(errors="replace"))
        for number, text in enumerate(strings)
        for ending in ("md", "html")
    ]
    outcomes = take_in(client, [file for file in files if file[1]])
    failed = [outcome for outcome in outcomes if outcome["outcome"] != "added"]
    assert {outcome["error_code"] for outcome in failed} <= {"document_empty", "format_unsupported"}, failed


@pytest.mark.timeout(300)
def test_names_are_kept_or_refused(client: httpx.Client, strings: list[str]) -> None:
    """A document is called as its file was, or the upload is refused with a reason."""
    named: list[tuple[str, bytes]] = []
    for number, text in enumerate(strings):
        try:
            document_name(text)
        except FileNameError:
            if text:  # without a name it is no file at all
                reply = client.post("/documents", files=[("files", (text, b"words"))])
                # The client writes control characters of a name as %01 and so on, which is a name.
                assert reply.is_client_error or reply.status_code == httpx.codes.ACCEPTED, reply.text
            continue
        named.append((f"{text}.txt", f"zebra{number}name".encode()))
    fit = [file for file in named if len(file[0]) <= 255]
    outcomes = take_in(client, fit)
    # Some strings differ only in what no name may hold; those are one document that changes.
    assert {outcome["outcome"] for outcome in outcomes} <= {"added", "changed"}
    kept = {document_name(name): content.decode() for name, content in fit}
    assert len(kept) > 400
    for content in kept.values():
        assert content in [passage["text"] for passage in found(client, content)]


@pytest.mark.timeout(300)
def test_metadata_are_kept_and_can_be_asked_for(client: httpx.Client, strings: list[str]) -> None:
    """A sidecar's value comes back as it was stored, and a filter on it finds its document alone."""
    files: list[tuple[str, bytes]] = []
    for number, text in enumerate(strings):
        sidecar = {"note": f"{number} {text}", "title": text or "untitled"}
        files += [
            (f"meta-{number:03}.txt", f"zebra{number}metadata stands here.".encode()),
            (f"meta-{number:03}.txt.meta.json", json.dumps(sidecar).encode()),
        ]
    outcomes = take_in(client, files)
    assert {outcome["outcome"] for outcome in outcomes} == {"added"}, outcomes
    shown: dict[str, dict[str, Any]] = {}
    after: dict[str, str] = {}
    while True:
        page = client.get("/documents", params={"limit": 1000, **after}).json()
        shown |= {document["source"]: document for document in page["documents"]}
        if page["next_after"] is None:
            break
        after = {"after": page["next_after"]}
    for number, text in enumerate(strings):
        document = shown[f"meta-{number:03}.txt"]
        note = document["metadata"]["note"]
        assert letters(note) == letters(f"{number} {text}"[:1000])
        if letters(text):
            assert letters(document["title"]) == letters(text)
        sources = [one["source"] for one in found(client, "what stands here", metadata={"note": note})]
        assert sources == [f"meta-{number:03}.txt"], note


@pytest.mark.timeout(300)
def test_questions_are_answered_or_refused(client: httpx.Client, strings: list[str]) -> None:
    """Nothing that is asked is an internal error."""
    for text in strings:
        for path in ("/search", "/query"):
            body = json.dumps({"question": text}).encode("utf-8", errors="replace")
            reply = client.post(path, content=body, headers={"Content-Type": "application/json"})
            assert reply.status_code in {httpx.codes.OK, httpx.codes.UNPROCESSABLE_ENTITY}, (text, reply.text)


def test_no_log_line_is_broken(service: LoggingService, client: httpx.Client, strings: list[str]) -> None:
    """Every line that all this wrote is one JSON object, without a trace of an exception."""
    for text in strings[:20]:
        client.post("/query", json={"question": text})
    assert client.get("/livez").is_success
    assert len(service.lines) > 20
    for line in service.lines:
        assert isinstance(json.loads(line), dict)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029]", line)
    assert not [line for line in service.lines if "Traceback" in line or '"level":"error"' in line]

"""Does an ingest that is killed again and again end as one that nobody disturbed?

    python -m benchmarks.killed_ingest [FOLDER …] [--kills 20] [--victim api|worker] [--seed 7]

The folder is ingested twice, each time in a data directory of its own: once undisturbed, and once by an
upload to a service whose process, or whose only worker, is killed with SIGKILL at random moments and
started again. Only kills while work is open count. Compared are counts and hashes of everything in
PostgreSQL and in the index. The exit code is 1 when they differ.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from benchmarks.query_latency import free_port, is_ready
from rag.bootstrap import load_settings, open_stores

START_SECONDS = 120
POLL_SECONDS = 0.25
FINISH_SECONDS = 1800
FILES_A_REQUEST = 40


class Served:
    """A service on a data directory, and the process in it that does the work, which may be killed."""

    def __init__(self, data_dir: Path, *, victim: str) -> None:
        self._environment = {**os.environ, "RAG_DATA_DIR": str(data_dir)}
        self._victim = victim
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._serve = ["serve", "--port", str(port), *(["--no-worker"] if victim == "worker" else [])]
        self._service = self._started(*self._serve)
        self._worker = self._started("work") if victim == "worker" else None

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "rag", *arguments]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self._environment, stdout=quiet, stderr=quiet)

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self.url):
            if time.monotonic() > deadline or self._service.poll() is not None:
                raise SystemExit("the service did not become ready")
            time.sleep(0.2)

    def kill_and_start(self) -> None:
        """End the victim without any warning, and start it again."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
            self._worker = self._started("work")
        else:
            self._service.kill()
            self._service.wait()
            self._service = self._started(*self._serve)

    def stop(self) -> None:
        """End everything in good order."""
        for process in (self._worker, self._service):
            if process is not None:
                process.terminate()
                process.wait(60)


def upload(url: str, files: list[Path]) -> list[str]:
    """Send every file, and give the jobs' ids."""
    jobs = []
    for first in range(0, len(files), FILES_A_REQUEST):
        part = files[first : first + FILES_A_REQUEST]
        sent = [("files", (path.name, path.read_bytes())) for path in part]
        reply = httpx.post(f"{url}/documents", files=sent, timeout=120)
        reply.raise_for_status()
        jobs.append(reply.json()["id"])
    return jobs


def done(url: str, jobs: list[str]) -> tuple[int, bool]:
    """Give how many files have an outcome, and whether all jobs have ended."""
    shown: list[dict[str, Any]] = [httpx.get(f"{url}/jobs/{job}", timeout=30).json() for job in jobs]
    ended = all(job["state"] in {"succeeded", "failed"} for job in shown)
    return sum(job["done"] for job in shown), ended


def outcomes(url: str, jobs: list[str]) -> dict[str, int]:
    """Count what became of the files, failures by their reason."""
    files = [file for job in jobs for file in httpx.get(f"{url}/jobs/{job}", timeout=30).json()["files"]]
    return dict(Counter(f"{file['outcome']} {file['error'] or ''}".strip() for file in files))


def wait_for(url: str, jobs: list[str], *, until: float) -> bool:
    """Wait until all jobs have ended or the moment has come; give whether they have."""
    while time.monotonic() < until:
        try:
            if done(url, jobs)[1]:
                return True
        except httpx.HTTPError:
            pass  # it is starting
        time.sleep(POLL_SECONDS)
    return False


def run(
    served: Served, files: list[Path], *, kills: int, seconds_between: float, chance: random.Random
) -> float:
    """Ingest, kill so many times on the way, and give the seconds that it took in all."""
    served.wait_until_ready()
    began = time.monotonic()
    jobs = upload(served.url, files)
    for number in range(1, kills + 1):
        if wait_for(served.url, jobs, until=time.monotonic() + chance.uniform(0.1, 2 * seconds_between)):
            print(f"    all was done before kill {number}", flush=True)
            break
        served.kill_and_start()
        print(f"    kill {number} after {time.monotonic() - began:.1f} s", flush=True)
        if chance.random() < 0.75:  # else the next kill may hit the start itself
            served.wait_until_ready()
    served.wait_until_ready()
    if not wait_for(served.url, jobs, until=time.monotonic() + FINISH_SECONDS):
        raise SystemExit("the jobs did not end")
    spent = time.monotonic() - began
    print(f"    {outcomes(served.url, jobs)}", flush=True)
    served.stop()
    return spent


async def digest(data_dir: Path) -> dict[str, object]:
    """Give counts and hashes of everything that should be the same."""
    settings = load_settings({"RAG_DATA_DIR": str(data_dir)})
    async with open_stores(settings) as stores:
        library, index = stores.library, stores.index
        live = await library.live_generation()
        if live is None:
            raise SystemExit("nothing is live")
        documents, chunks, hashes = hashlib.sha256(), hashlib.sha256(), set[str]()
        count, after = 0, None
        while page := await library.summaries(limit=200, after=after):
            after = page[-1].id
            for summary in page:
                document = await library.document(summary.id)
                documents.update(f"{summary.id}{summary.source}{summary.content_hash}".encode())
                # An upload without a date of its own is dated by the moment of its ingest.
                documents.update(repr(replace(document.parsed, dated=None)).encode())
                for chunk in await library.chunks(summary.id):
                    chunks.update(repr(chunk).encode())
                    hashes.add(chunk.embedding_hash)
                    count += 1
        vectors = await library.vectors(hashes, model=live.recipe.model.key)
        points = [point async for ids in index.chunk_ids(live.name) for point in ids]
        return {
            "counts": (await library.counts()).__repr__(),
            "documents": documents.hexdigest(),
            "chunks": chunks.hexdigest(),
            "vectors": await library.count_vectors(),
            "vectors of chunks": hashlib.sha256(
                b"".join(key.encode() + vectors[key].tobytes() for key in sorted(vectors))
            ).hexdigest(),
            "points": len(points),
            "ids of points": hashlib.sha256("".join(map(str, sorted(points))).encode()).hexdigest(),
            "chunks read": count,
            "pending removals": sum(map(len, (await library.pending_removals(limit=10**6)).values())),
        }


def main() -> None:
    """Ingest twice and compare."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "folders", nargs="*", type=Path, default=[Path(__file__).parents[1] / "docs" / "runbook"]
    )
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--victim", choices=["api", "worker"], default="api")
    arguments.add_argument("--seed", type=int, default=7)
    chosen = arguments.parse_args()
    files = sorted(path for folder in chosen.folders for path in folder.iterdir() if path.is_file())
    chance = random.Random(chosen.seed)  # noqa: S311 - moments to kill at, not secrets
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        Path(folder).chmod(0o711)
        undisturbed, killed = Path(folder, "undisturbed"), Path(folder, "killed")
        quiet = Served(undisturbed, victim=chosen.victim)
        spent = run(quiet, files, kills=0, seconds_between=0, chance=chance)
        print(f"undisturbed: {len(files)} files in {spent:.0f} s", flush=True)
        disturbed = Served(killed, victim=chosen.victim)
        between = spent / (chosen.kills + 1)
        again = run(disturbed, files, kills=chosen.kills, seconds_between=between, chance=chance)
        print(f"killed {chosen.kills} times: {again:.0f} s", flush=True)
        expected, found = asyncio.run(digest(undisturbed)), asyncio.run(digest(killed))
    print(json.dumps(found, indent=2))
    differing = {name: (expected[name], found[name]) for name in expected if expected[name] != found[name]}
    print("equal" if not differing else f"DIFFERENT: {differing}")
    raise SystemExit(1 if differing else 0)


if __name__ == "__main__":
    main()

"""Does an ingest that is killed again and again end as one that nobody disturbed?

    python -m benchmarks.killed_ingest [FOLDER …] [--kills 20] [--seed 7]

The folder is ingested twice, each time in a data directory of its own: once undisturbed, and once by an
upload to a service whose process is killed with SIGKILL at random moments and started again. Compared are
counts and hashes of everything in PostgreSQL and in the index. The exit code is 1 when they differ.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
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
    """One service process on a data directory, which may be killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        self._environment = {**os.environ, "RAG_DATA_DIR": str(data_dir)}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.running = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and return at once."""
        command = [sys.executable, "-m", "rag", "serve", "--port", str(self.port)]
        self.running = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        return self.running

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self.url):
            if time.monotonic() > deadline or self.running.poll() is not None:
                raise SystemExit("the service did not become ready")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it without any warning."""
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        """End it in good order."""
        self.running.terminate()
        self.running.wait(60)


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
    data_dir: Path, files: list[Path], *, kills: int, seconds_between: float, chance: random.Random
) -> float:
    """Ingest, kill so many times on the way, and give the seconds that it took in all."""
    served = Served(data_dir)
    served.wait_until_ready()
    began = time.monotonic()
    jobs = upload(served.url, files)
    for number in range(1, kills + 1):
        ended = wait_for(served.url, jobs, until=time.monotonic() + chance.uniform(0.1, 2 * seconds_between))
        served.kill()
        print(
            f"    kill {number} after {time.monotonic() - began:.1f} s{' (all was done)' if ended else ''}",
            flush=True,
        )
        served.start()
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
                documents.update(document.parsed.text.encode())
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
    arguments.add_argument("--seed", type=int, default=7)
    chosen = arguments.parse_args()
    files = sorted(path for folder in chosen.folders for path in folder.iterdir() if path.is_file())
    chance = random.Random(chosen.seed)  # noqa: S311 - moments to kill at, not secrets
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        Path(folder).chmod(0o711)
        undisturbed, killed = Path(folder, "undisturbed"), Path(folder, "killed")
        spent = run(undisturbed, files, kills=0, seconds_between=0, chance=chance)
        print(f"undisturbed: {len(files)} files in {spent:.0f} s", flush=True)
        between = spent / (chosen.kills + 1)
        again = run(killed, files, kills=chosen.kills, seconds_between=between, chance=chance)
        print(f"killed {chosen.kills} times: {again:.0f} s", flush=True)
        expected, found = asyncio.run(digest(undisturbed)), asyncio.run(digest(killed))
    print(json.dumps(found, indent=2))
    differing = {name: (expected[name], found[name]) for name in expected if expected[name] != found[name]}
    print("equal" if not differing else f"DIFFERENT: {differing}")
    raise SystemExit(1 if differing else 0)


if __name__ == "__main__":
    main()

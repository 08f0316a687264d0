"""What does taking in 100,000 chunks cost, and what do people who ask meanwhile notice of it?

    python -m benchmarks.ingest_at_scale [--chunk-size 64] [--shared ../shared] [--limit FILES]

A real service answers questions in one process while another one ingests every text of the public sets
beside it, on the same embedded servers. Printed are the rate and the seconds by stage, the percentiles of
/query before, during and after, resident memory over time, and a second run that must embed nothing.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.document_ingest import timed_ingest
from benchmarks.query_latency import closed_loop, print_percentiles, questions, service
from rag.bootstrap import Application, Settings, load_settings, open_application
from rag.ports.files import SourceFile

SEED = "clapnq"
MEASURED_SECONDS = 30.0
ASK_EVERY_SECONDS = 0.5
SAMPLE_EVERY_SECONDS = 5.0
ROLES = {"embedded.engine": "engine", "bin/postgres -D": "postmaster"}


@dataclass
class Watched:
    """What was seen while the ingest ran."""

    began: float = field(default_factory=time.perf_counter)
    chunks: int = 0
    files: int = 0
    latencies: list[tuple[float, float]] = field(default_factory=list)
    failures: int = 0
    memory: list[tuple[float, int, dict[str, float]]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.perf_counter() - self.began


@dataclass(frozen=True)
class FileChoice:
    """Which files are taken in."""

    folders: list[Path]
    most: int


def write_texts(folder: Path, shared: Path) -> None:
    """Write every text of every retrieval set, a file each."""
    for corpus in sorted((shared / "data" / "retrieval").glob("*/corpus.jsonl")):
        place = folder / corpus.parent.name
        place.mkdir()
        for number, line in enumerate(corpus.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            text = f"{row.get('title') or ''}\n\n{row['text']}".strip()
            (place / f"{number:06d}.txt").write_text(text, encoding="utf-8")


def resident(data_dir: Path, api: psutil.Process) -> dict[str, float]:
    """Give the memory by role in MiB, shared pages counted once."""
    own = {"ingest": psutil.Process(), "api": api}
    found = {role: process.memory_full_info().pss / 2**20 for role, process in own.items()}
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        role = next((role for mark, role in ROLES.items() if mark in command), None)
        if role and str(data_dir) in command:
            found[role] = found.get(role, 0) + process.memory_full_info().pss / 2**20
    return found


async def ask_steadily(url: str, asked: list[str], watched: Watched) -> None:
    """Ask on a fixed beat, so that a slow answer does not thin out the questions after it."""

    async def one(client: httpx.AsyncClient, question: str) -> None:
        at, began = watched.seconds, time.perf_counter()
        try:
            reply = await client.post("/query", json={"question": question[:2000]})
            watched.failures += reply.status_code != httpx.codes.OK
        except httpx.HTTPError:
            watched.failures += 1
        watched.latencies.append((at, (time.perf_counter() - began) * 1000))

    async with httpx.AsyncClient(base_url=url, timeout=60) as client, asyncio.TaskGroup() as group:
        number = 0
        while True:
            group.create_task(one(client, asked[number % len(asked)]))
            number += 1
            await asyncio.sleep(ASK_EVERY_SECONDS)


async def sample_memory(data_dir: Path, api: psutil.Process, watched: Watched) -> None:
    """Note the memory now and then."""
    while True:
        watched.memory.append(
            (watched.seconds, watched.chunks, await asyncio.to_thread(resident, data_dir, api))
        )
        await asyncio.sleep(SAMPLE_EVERY_SECONDS)


async def take_in(application: Application, files: list[SourceFile], watched: Watched) -> Counter[str]:
    """Ingest, and give the seconds by stage."""
    seconds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    async for outcome in timed_ingest(application, seconds)(files):
        watched.chunks += outcome.chunks
        watched.files += 1
        outcomes[outcome.outcome] += 1
    print(f"{dict(outcomes)}: {watched.chunks} chunks in {watched.seconds:.0f} s")
    return seconds


def percentile(values: list[float], share: float) -> float:
    """Give a percentile."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else float("nan")


def print_course(watched: Watched, seconds: Counter[str], *, rows: int = 12) -> None:
    """Print stages, and a table of the course of things."""
    whole = watched.memory[-1][0]
    for stage, spent in seconds.most_common():
        print(f"    {stage:16} {spent:8.1f} s")
    print(f"{watched.failures} failures among {len(watched.latencies)} questions during the ingest")
    roles = sorted({role for _, _, memory in watched.memory for role in memory})
    print("    second   chunks  chunks/s  p50 ms  p95 ms  " + "  ".join(f"{role:>10} MiB" for role in roles))
    for row in range(rows):
        first, last = whole * row / rows, whole * (row + 1) / rows
        samples = [sample for sample in watched.memory if first <= sample[0] <= last]
        latencies = [ms for at, ms in watched.latencies if first <= at < last]
        if len(samples) < 2:  # a rate needs two
            continue
        rate = (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
        memory = "  ".join(f"{samples[-1][2].get(role, 0):14.0f}" for role in roles)
        print(
            f"    {last:6.0f} {samples[-1][1]:8d} {rate:9.1f} "
            f"{percentile(latencies, 0.5):7.0f} {percentile(latencies, 0.95):7.0f}  {memory}"
        )


async def measure(
    settings: Settings, served: tuple[str, psutil.Process], files: FileChoice, *, asked: list[str]
) -> None:
    """Measure before, during and after, and run it again."""
    url, api = served
    timings, failures = await closed_loop(url, "/query", asked, clients=1, seconds=MEASURED_SECONDS)
    print_percentiles("before: /query, 1 client", timings, failures, MEASURED_SECONDS)
    async with open_application(settings) as application:
        chosen = list(application.files.find(files.folders))[: files.most]
        watched = Watched()
        asking = asyncio.create_task(ask_steadily(url, asked, watched))
        sampling = asyncio.create_task(sample_memory(settings.data_dir, api, watched))
        seconds = await take_in(application, chosen, watched)
        for task in (asking, sampling):
            task.cancel()
        await asyncio.gather(asking, sampling, return_exceptions=True)
        print_course(watched, seconds)
        library = application.stores.library
        vectors, counts = await library.count_vectors(), await library.counts()
        print(f"library: {counts.documents} documents, {counts.chunks} chunks, {vectors} vectors")
        again = await take_in(application, chosen, Watched())
        new = await library.count_vectors() - vectors
        print(f"again: embedding took {again['embed']:.1f} s; new vectors: {new}")
    timings, failures = await closed_loop(url, "/query", asked, clients=1, seconds=MEASURED_SECONDS)
    print_percentiles("after: /query, 1 client", timings, failures, MEASURED_SECONDS)


def main() -> None:
    """Seed, serve, ingest, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--chunk-size", type=int, default=64)
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    arguments.add_argument("--limit", type=int, default=10**9)
    chosen = arguments.parse_args()
    if not (chosen.shared / "data").exists():
        print(f"not measured: the public sets are not at {chosen.shared}")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        Path(folder).chmod(0o711)
        texts = Path(folder, "texts")
        texts.mkdir()
        write_texts(texts, chosen.shared)
        documents = chosen.shared / "data" / "documents"
        corpus = [texts, documents / "sqlite_docs" / "html", documents / "sec10q" / "files"]
        ours = {
            "RAG_DATA_DIR": str(Path(folder, "data")),
            "RAG_CHUNK_SIZE": str(chosen.chunk_size),
            "RAG_CHUNK_OVERLAP": "0",
        }
        environment = {**os.environ, **ours}
        command = [sys.executable, "-m", "rag", "ingest", "--json", str(texts / SEED)]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        with service(environment) as served:
            files = FileChoice(corpus, chosen.limit)
            asyncio.run(measure(load_settings(ours), served, files, asked=questions(chosen.shared)))


if __name__ == "__main__":
    main()

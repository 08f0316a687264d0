"""How quick are /query and /search, stage by stage, with one client and with many?

    python -m benchmarks.query_latency [--chunks 10000] [--clients 1 16] [--seconds 20] [--shared ../shared]
                                       [--rerank auto always never] [--data-dir FOLDER]

A real service is started on loopback with a data directory of its own, filled with texts of the public
retrieval sets (or on a library that is there), and asked their questions in closed loops that end by
themselves. Printed are percentiles by stage, how many questions had that stage, resident memory by process,
and the number of answers that were not 200.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

SETS = ("wiki_mix", "nfcorpus", "medquad_mini", "clapnq")
TOKENS_A_CHUNK = 150  # rough; ingestion stops at the first file beyond the wanted number of chunks
START_SECONDS = 120
MODES = ("auto", "always", "never")


def texts(shared: Path) -> Iterator[tuple[str, str]]:
    """Give the sets' texts with their names, in a fixed order."""
    for name in SETS:
        with (shared / "data" / "retrieval" / name / "corpus.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield f"{name}/{row['_id']}", f"{row.get('title') or ''}\n\n{row['text']}".strip()


def questions(shared: Path) -> list[str]:
    """Give the sets' questions in a random order that is always the same."""
    found = []
    for name in SETS:
        with (shared / "data" / "retrieval" / name / "queries.jsonl").open(encoding="utf-8") as lines:
            found += [json.loads(line)["text"] for line in lines]
    random.Random(7).shuffle(found)  # noqa: S311 - a repeatable order, not a secret
    return found


def write_corpus(folder: Path, shared: Path, *, chunks: int) -> None:
    """Write about as many texts as make the wanted number of chunks, a file each."""
    words_wanted = chunks * TOKENS_A_CHUNK / 1.35
    for number, (name, text) in enumerate(texts(shared)):
        place = folder / name.split("/")[0] / f"{number:06d}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8")
        words_wanted -= len(text.split())
        if words_wanted < 0:
            break


def free_port() -> int:
    """Find a port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(environment: dict[str, str]) -> Iterator[tuple[str, psutil.Process]]:
    """Run `rag serve` until the context ends."""
    port = free_port()
    command = [sys.executable, "-m", "rag", "serve", "--port", str(port)]
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(url):
            if time.monotonic() > deadline or running.poll() is not None:
                raise SystemExit("the service did not become ready")
            time.sleep(0.2)
        yield url, psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(30)


def is_ready(url: str) -> bool:
    """Ask the service whether it can answer."""
    try:
        return httpx.get(f"{url}/readyz", timeout=2).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


async def closed_loop(
    url: str, path: str, asked: list[str], *, clients: int, seconds: float, rerank: str = "auto"
) -> tuple[list[dict[str, float]], int]:
    """Ask one question after another in each client, and give timings and the number of failures."""
    end = time.monotonic() + seconds
    timings: list[dict[str, float]] = []
    failures = 0
    waiting = iter(asked)

    async def ask(client: httpx.AsyncClient) -> None:
        nonlocal failures
        for question in waiting:
            if time.monotonic() > end:
                return
            began = time.perf_counter()
            reply = await client.post(path, json={"question": question[:2000], "rerank": rerank})
            spent = (time.perf_counter() - began) * 1000
            if reply.status_code == httpx.codes.OK:
                timings.append({**reply.json()["timings_ms"], "whole request": spent})
            else:
                failures += 1

    async with httpx.AsyncClient(base_url=url, timeout=60) as client, asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(ask(client))
    return timings, failures


def print_percentiles(title: str, timings: list[dict[str, float]], failures: int, seconds: float) -> None:
    """Print p50 and p95 of every stage."""
    print(f"{title}: {len(timings)} answers, {len(timings) / seconds:.1f} a second, {failures} failures")
    for stage in dict.fromkeys(stage for timing in timings for stage in timing):
        values = sorted(timing[stage] for timing in timings if stage in timing)
        p50, p95 = values[len(values) // 2], values[int(len(values) * 0.95)]
        share = "" if len(values) == len(timings) else f"   of {len(values) / len(timings):.0%}"
        print(f"    {stage:14} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms{share}")


def print_memory(api: psutil.Process, data_dir: Path) -> None:
    """Print the memory of every process of this data directory, shared pages counted once (PSS)."""
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if process.pid == api.pid or str(data_dir) in command:
            memory = process.memory_full_info()
            mebibytes = f"resident {memory.rss / 2**20:6.0f} MiB, proportional {memory.pss / 2**20:6.0f} MiB"
            print(f"    {process.pid:8} {mebibytes}  {command[:90]}")


def main() -> None:
    """Fill, serve, ask, print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--chunks", type=int, default=10_000)
    arguments.add_argument("--clients", type=int, nargs="+", default=[1, 16])
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    arguments.add_argument("--rerank", nargs="+", choices=MODES, default=["auto"])
    arguments.add_argument("--data-dir", type=Path, help="a library that is there, instead of a new one")
    chosen = arguments.parse_args()
    if not (chosen.shared / "data").exists():
        print(f"not measured: the public sets are not at {chosen.shared}")
        return
    if chosen.data_dir:
        ask(chosen, chosen.data_dir)
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        corpus, data_dir = Path(folder, "corpus"), Path(folder, "data")
        corpus.mkdir()
        Path(folder).chmod(0o755)
        write_corpus(corpus, chosen.shared, chunks=chosen.chunks)
        environment = {**os.environ, "RAG_DATA_DIR": str(data_dir)}
        began = time.perf_counter()
        ingest = [sys.executable, "-m", "rag", "ingest", "--json", str(corpus)]
        subprocess.run(ingest, env=environment, check=True, stdout=subprocess.DEVNULL)
        print(f"ingested in {time.perf_counter() - began:.0f} s")
        ask(chosen, data_dir)


def ask(chosen: argparse.Namespace, data_dir: Path) -> None:
    """Serve a library, and ask in every way that was chosen, new questions each time."""
    asked = questions(chosen.shared)
    ways = [
        (path, mode, n) for path in ("/search", "/query") for mode in chosen.rerank for n in chosen.clients
    ]
    share = len(asked) // len(ways)
    with service({**os.environ, "RAG_DATA_DIR": str(data_dir)}) as (url, api):
        print(httpx.get(f"{url}/health", timeout=5).json())
        for number, (path, mode, clients) in enumerate(ways):
            own = asked[number * share : (number + 1) * share]
            looped = closed_loop(url, path, own, clients=clients, seconds=chosen.seconds, rerank=mode)
            timings, failures = asyncio.run(looped)
            print_percentiles(f"{path}, rerank {mode}, {clients} clients", timings, failures, chosen.seconds)
        print_memory(api, data_dir)


if __name__ == "__main__":
    main()

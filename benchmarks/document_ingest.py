"""How long does each stage of taking documents in take, and what is then found?

    python -m benchmarks.document_ingest [FOLDER …] [--questions FILE.jsonl]

Seconds are summed over all calls of a stage; stages overlap, so they add up to more than the whole.
With --questions (one object with `text` a line), each is asked, and its answer and passages are printed.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rag.bootstrap import Application, load_settings, open_application
from rag.domain.question import Question
from rag.services.ingest import IngestFiles, Outcome
from rag.services.stages import StageTimer

TIMED = (
    "parse",
    "sentence_spans",
    "token_starts",
    "content_hashes",
    "vectors",
    "embed",
    "store_vectors",
    "upsert",
    "put",
    "remove",
    "flush",
)


class Timed:
    """Passes calls on to a port and adds up how long they took."""

    def __init__(self, port: object, seconds: Counter[str]) -> None:
        self._port = port
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        """Give the port's own attribute, timed if it is a stage."""
        attribute = getattr(self._port, name)
        if name not in TIMED:
            return attribute
        if asyncio.iscoroutinefunction(attribute):
            return self._awaited(name, attribute)
        return self._called(name, attribute)

    def _awaited(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def call(*arguments: object, **options: object) -> object:
            began = time.perf_counter()
            try:
                return await method(*arguments, **options)
            finally:
                self._seconds[name] += time.perf_counter() - began  # type: ignore[assignment] # floats add up too

        return call

    def _called(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: object, **options: object) -> object:
            began = time.perf_counter()
            try:
                return method(*arguments, **options)
            finally:
                self._seconds[name] += time.perf_counter() - began  # type: ignore[assignment] # floats add up too

        return call


def timed_ingest(application: Application, seconds: Counter[str]) -> IngestFiles:
    """Give the application's own service with every port timed."""
    ingest = application.ingest
    library, index = Timed(ingest.library, seconds), Timed(ingest.store.index, seconds)
    prepare = replace(
        ingest.prepare,
        parser=Timed(ingest.prepare.parser, seconds),
        splitter=Timed(ingest.prepare.splitter, seconds),
        tokenizer=Timed(ingest.prepare.tokenizer, seconds),
    )
    embedder = Timed(ingest.store.embedder, seconds)
    store = replace(ingest.store, library=library, index=index, embedder=embedder)
    return replace(ingest, library=library, prepare=prepare, store=store)


async def take_in(application: Application, folders: list[Path]) -> None:
    """Ingest and print counts, the rate, and seconds by stage."""
    seconds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    chunks = 0
    began, cpu = time.perf_counter(), time.process_time()
    async for outcome in timed_ingest(application, seconds)(application.files.find(folders)):
        outcomes[outcome.outcome] += 1
        chunks += outcome.chunks
        if outcome.outcome is Outcome.FAILED:
            print(f"    failed: {outcome.file.source}: {outcome.error}")
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    library = application.stores.library
    counts, vectors = await library.counts(), await library.count_vectors()
    print(
        f"{dict(outcomes)}, {chunks} chunks in {spent:.1f} s ({chunks / spent:.0f} a second, {cpu:.1f} CPU-s)"
    )
    print(f"    library: {counts.documents} documents, {counts.chunks} chunks, {vectors} vectors")
    for stage, stage_seconds in seconds.most_common():
        print(f"    {stage:16} {stage_seconds:8.2f} s")


async def ask(application: Application, questions: list[str]) -> None:
    """Ask each question and print what came."""
    for text in questions:
        question = Question.of(text)
        record = await application.ask(question, request_id="benchmark")
        passages = await application.search(question, timer=StageTimer(application.stores.clock))
        print(f"\nQ: {question.text}\nA: {record.answer.text}")
        for passage in passages:
            cosine = passage.candidate.raw_score("dense") or 0.0
            shown = " ".join(passage.chunk.text.split())[:110]
            print(
                f"    {cosine:.2f} {passage.source} p.{passage.chunk.page} [{passage.chunk.section}] {shown}"
            )


def main() -> None:
    """Run it in a data directory of its own."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folders", nargs="*", type=Path, default=[Path(__file__).parents[1] / "docs"])
    arguments.add_argument("--questions", type=Path)
    chosen = arguments.parse_args()
    lines = chosen.questions.read_text(encoding="utf-8").splitlines() if chosen.questions else []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's own user must get through
        asyncio.run(
            measure(Path(folder, "data"), chosen.folders, [json.loads(line)["text"] for line in lines])
        )


async def measure(data_dir: Path, folders: list[Path], questions: list[str]) -> None:
    """Take everything in twice, then ask."""
    async with open_application(load_settings({"RAG_DATA_DIR": str(data_dir)})) as application:
        await take_in(application, folders)
        await take_in(application, folders)
        await ask(application, questions)


if __name__ == "__main__":
    main()

"""What becomes of every file of a folder, and how long does each take?

    python -m benchmarks.file_outcomes [FOLDER …] [--texts FOLDER]

Printed is a table: file, outcome, characters, chunks, seconds, and what was wrong or left out. With
--texts, what was read of each file is written there, to be compared with the original by eye.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from rag.bootstrap import Application, load_settings, open_application
from rag.services.ingest import FileOutcome


def remark(outcome: FileOutcome) -> str:
    """Say what was wrong with a file, or left out of it."""
    if outcome.error is not None:
        return f"`{outcome.error.code}` {outcome.error}"
    return " ".join(outcome.notes)


async def tell(application: Application, folders: list[Path], texts: Path | None) -> None:
    """Ingest, and print a row a file."""
    # Named one by one, so that files of formats that are not read are tried too.
    named = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    outcomes: Counter[str] = Counter()
    print("| file | outcome | characters | chunks | seconds to read | to be found | remark |")
    print("|---|---|---|---|---|---|---|")
    async with application.gather_files(application.files.find(named)) as gathered:
        async for outcome in application.ingest(gathered.files):
            outcomes[outcome.outcome] += 1
            print(
                f"| {outcome.file.source} | {outcome.outcome} | {outcome.characters} | {outcome.chunks} "
                f"| {outcome.reading_seconds:.2f} | {outcome.seconds:.2f} | {remark(outcome)} |",
                flush=True,
            )
            if texts is not None and outcome.error is None:
                document = await application.stores.library.document(outcome.document_id)
                place = texts / f"{outcome.file.source.replace('/', '_')}.txt"
                place.write_text(document.parsed.text, encoding="utf-8")
    print(dict(outcomes))


async def measure(data_dir: Path, folders: list[Path], texts: Path | None) -> None:
    """Do so in a data directory of its own."""
    async with open_application(load_settings({"RAG_DATA_DIR": str(data_dir)})) as application:
        await tell(application, folders, texts)


def main() -> None:
    """Read the folders and tell."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folders", nargs="*", type=Path, default=[Path(__file__).parents[1] / "docs"])
    arguments.add_argument("--texts", type=Path)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's own user must get through
        asyncio.run(measure(Path(folder, "data"), chosen.folders, chosen.texts))


if __name__ == "__main__":
    main()

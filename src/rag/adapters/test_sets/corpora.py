"""Which documents does a corpus in BEIR's layout hold?"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from rag.adapters.test_sets.beir import rows_of, source_of
from rag.ports.files import Description, SourceFile

CORPUS: Final = "corpus.jsonl"


def corpus_files(folder: Path) -> Sequence[SourceFile] | None:
    """This will give a document for each line of the folder's `corpus.jsonl`, or None where there is none.

    Raises:
        NoSuchPathError: the file cannot be opened.
        InvalidTestSetError: a line is malformed.
    """
    if not (folder / CORPUS).is_file():
        return None
    files = []
    for row in rows_of(folder / CORPUS):
        name, title = row.text("_id"), row.optional_text("title") or ""
        files.append(
            SourceFile(
                source=source_of(name),
                place=f"corpus:{folder.resolve()}:{name}",
                file_path=None,
                read=partial((row.text("text").strip() or title).encode, errors="replace"),
                description=Description(title=title or None),
            )
        )
    return files

"""Is the right document, and the right page, among the first five passages: questions over real files?

    python -m benchmarks.document_questions [sec10q] [sqlite_docs] [--shared ../shared] [--worst N]

The whole path is the product's own: a throw-away library takes the files in, and each question is searched
for as `rag search` does. The reviewed answers of sec10q name documents but no pages: a page counts as right
when a passage on it belongs to such a document and itself holds one of the figures of the answer (a number of
four digits or more, or with decimals, other than a year). Questions whose answer has no such figure are left
out of that count.
"""

import argparse
import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.bootstrap import Application, load_settings
from rag.bootstrap.evaluation import open_throwaway
from rag.domain.intervals import mean_interval
from rag.domain.question import Question, clean_question
from rag.domain.ranking import Passage
from rag.services.stages import StageTimer

FILES = {"sec10q": "files", "sqlite_docs": "html"}
DEPTH = 5
FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d{4,}")
YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Asked:
    """A question, the documents that answer it, and the figures of its answer."""

    name: str
    text: str
    kind: str
    documents: frozenset[str]
    figures: frozenset[str]


@dataclass(frozen=True)
class Found:
    """Whether the first five passages hold a right document, and one of them on a right page."""

    asked: Asked
    passages: Sequence[Passage]

    @property
    def document(self) -> bool:
        """Whether one of them belongs to a right document."""
        return any(passage.source in self.asked.documents for passage in self.passages)

    @property
    def share(self) -> float:
        """How many of the right documents are among them."""
        found = {passage.source for passage in self.passages} & self.asked.documents
        return len(found) / len(self.asked.documents)

    @property
    def page(self) -> bool:
        """Whether one of them is a right page of a right document."""
        return any(
            passage.source in self.asked.documents and not self.asked.figures.isdisjoint(figures(passage))
            for passage in self.passages
        )


def figures(passage: Passage) -> frozenset[str]:
    """Give the numbers of a passage."""
    return figures_of(passage.chunk.text)


def figures_of(text: str) -> frozenset[str]:
    """Give the numbers of a text that are no years."""
    return frozenset(number for number in FIGURE.findall(text) if not YEAR.fullmatch(number))


def questions_of(folder: Path) -> Sequence[Asked]:
    """Read the questions with their judgements and reviewed answers."""
    judged: dict[str, set[str]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        if int(grade):
            judged.setdefault(question, set()).add(document)
    rows = [json.loads(line) for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Asked(
            name=row["_id"],
            text=clean_question(row["question"]),
            kind=row.get("question_type") or "question",
            documents=frozenset(judged[row["_id"]]),
            figures=figures_of(" ".join(row["answers"])),
        )
        for row in rows
        if row["_id"] in judged
    ]


async def asked_of(application: Application, questions: Sequence[Asked]) -> Sequence[Found]:
    """Search for every question."""
    found = []
    for one in questions:
        timer = StageTimer(application.stores.clock)
        found.append(Found(one, await application.search(Question.of(one.text, top_k=DEPTH), timer=timer)))
    return found


async def measure(folder: Path, *, worst: int) -> None:
    """Take the files in, search, and print what was found by kind of question."""
    questions = questions_of(folder)
    async with open_throwaway(load_settings()) as application:
        async with application.gather_files(application.files.find([folder / FILES[folder.name]])) as files:
            async for outcome in application.ingest(files.files):
                assert outcome.error is None, outcome.error
        found = await asked_of(application, questions)
    for kind in (None, *sorted({one.kind for one in questions})):
        show(kind, [one for one in found if kind in {None, one.asked.kind}])
    for one in [one for one in found if not one.document][:worst]:
        print(f"  missed {one.asked.name}: {one.asked.text}")
        print(f"     wanted {', '.join(sorted(one.asked.documents))}")
        print(f"     found  {', '.join(f'{p.source} p. {p.chunk.page}' for p in one.passages)}")


def show(kind: str | None, found: Sequence[Found]) -> None:
    """Print one line of shares with their intervals."""
    document = mean_interval([float(one.document) for one in found])
    share = mean_interval([one.share for one in found])
    with_figures = [one for one in found if one.asked.figures]
    line = (
        f"{kind or 'all':30} {len(found):4} questions: a right document {document.mean:.3f} "
        f"[{document.low:.3f}, {document.high:.3f}], share of the right ones {share.mean:.3f}"
    )
    if with_figures:
        page = mean_interval([float(one.page) for one in with_figures])
        line += f", a right page {page.mean:.3f} [{page.low:.3f}, {page.high:.3f}] of {len(with_figures)}"
    print(line, flush=True)


def main() -> None:
    """Read the arguments and measure set by set."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("sets", nargs="*", default=list(FILES))
    arguments.add_argument("--shared", type=Path, default=Path(__file__).parents[2] / "shared")
    arguments.add_argument("--worst", type=int, default=10, help="how many missed questions are shown")
    chosen = arguments.parse_args()
    if not (chosen.shared / "data").exists():
        print(f"not measured: the public sets are not at {chosen.shared}")
        return
    for name in chosen.sets:
        print(name, flush=True)
        asyncio.run(measure(chosen.shared / "data" / "documents" / name, worst=chosen.worst))


if __name__ == "__main__":
    main()

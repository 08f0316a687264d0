"""Adding cases to a golden set, whoever else does so at the same moment."""

import asyncio
from pathlib import Path

from rag.adapters.test_sets import FileTestSets
from rag.bootstrap import load_settings, open_stores
from rag.domain.golden import Case, CaseKind
from rag.interfaces.cli.golden_sets import add
from tests.support.terminal import Terminal

QUESTIONS = [f"Who of us all has room {number}?" for number in range(6)]


async def test_cases_that_are_added_at_once_are_all_there(rag: Terminal, tmp_path: Path) -> None:
    """Each under a name of its own, although all names are made of the same words."""
    path = tmp_path / "set.json"
    async with open_stores(load_settings({"RAG_DATA_DIR": str(rag.data_dir)})) as opened:
        added = await asyncio.gather(
            *(
                add(
                    Case("", question, CaseKind.UNANSWERABLE),
                    path,
                    check=opened.check_golden_set,
                    dry_run=False,
                )
                for question in QUESTIONS
            )
        )
    cases = FileTestSets().read(path).cases
    assert sorted(case.question for case in cases) == QUESTIONS
    assert {case.id for case in cases} == {case.id for case in added}
    assert len({case.id for case in cases}) == len(QUESTIONS)

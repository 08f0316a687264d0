"""The project's own golden set fits the project's own documents."""

from collections import Counter
from pathlib import Path

from rag.adapters.parsers import FileParser
from rag.adapters.test_sets import FileTestSets
from rag.domain.golden import CaseKind, GoldenSet
from rag.domain.words import folded
from rag.services.check_golden_set import repeated_questions

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LEAST = {
    CaseKind.ANSWERABLE: 35,
    CaseKind.SEVERAL_PASSAGES: 10,
    CaseKind.FOLLOW_UP: 8,
    CaseKind.UNANSWERABLE: 12,
}


def golden_set() -> GoldenSet:
    """Read it as the program does."""
    return FileTestSets().read(ROOT / "data" / "eval" / "golden_set.json")


async def test_every_quote_stands_in_its_document() -> None:
    """A page that is rewritten takes its cases along; `rag golden check` shows what comes nearest."""
    pieces = [piece for case in golden_set().cases for piece in case.evidence]
    parser = FileParser()
    try:
        texts = {
            source: folded((await parser.parse(source, (DOCS / source).read_bytes())).text)
            for source in {piece.source for piece in pieces}
        }
    finally:
        parser.close()
    gone = [piece for piece in pieces if folded(piece.quote or "") not in texts[piece.source]]
    assert gone == []


def test_no_question_is_asked_twice() -> None:
    """Each case measures something of its own."""
    assert list(repeated_questions(golden_set().cases)) == []


def test_there_are_enough_cases_of_every_kind() -> None:
    """Fewer would make the intervals too wide to gate with."""
    kinds = Counter(case.kind for case in golden_set().cases)
    assert {kind: kinds[kind] >= least for kind, least in LEAST.items()} == dict.fromkeys(LEAST, True)


def test_no_question_repeats_its_document() -> None:
    """A question in a document's own words is found by any search, and measures nothing."""
    for case in golden_set().cases:
        for piece in case.evidence:
            asked, said = (set(words.casefold().split()) for words in (case.question, piece.quote or ""))
            assert len(asked & said) < 0.7 * len(asked), case.id

"""How one case is scored: what was found, what was cited, what was said."""

from dataclasses import replace
from uuid import UUID

import pytest

from rag.domain.answer import Answer, Citation, Span, not_enough_evidence
from rag.domain.documents import Chunk
from rag.domain.golden import Case, CaseKind, ExpectedEvidence
from rag.domain.ranking import FusedCandidate, Passage
from rag.domain.report import MEASURES
from rag.domain.scoring import (
    answer_containment,
    answer_f1,
    citation_precision,
    citation_recall,
    names_of,
    retrieval_scores,
    scores_of,
)

RESTART = ExpectedEvidence("a.md", "Restart the engine first.")
BACKUP = ExpectedEvidence("b.md", "Backups are kept for thirty days.")
SEVERAL = Case("a", "Why?", CaseKind.SEVERAL_PASSAGES, (RESTART, BACKUP), ("thirty days",))
OTHER_TEXT = "Something else entirely is said here."


def passage(number: int, source: str, text: str) -> Passage:
    """Make a passage of a document."""
    chunk_id = UUID(int=number)
    chunk = Chunk(
        id=chunk_id,
        document_id=UUID(int=99),
        ordinal=number,
        start=0,
        end=len(text),
        text=text,
        page=None,
        section=None,
        token_count=5,
        embedded_text=text,
        embedding_hash="",
    )
    return Passage(chunk, source, source, "rag-0001", FusedCandidate(chunk_id, 1.0, (), ()))


def citation(number: int, source: str, text: str) -> Citation:
    """Make a citation of a document's words."""
    return Citation(
        number, UUID(int=number), UUID(int=99), source, source, None, None, text, Span(0, len(text))
    )


def test_a_passage_is_named_by_the_evidence_that_it_is_the_first_to_hold() -> None:
    """A repetition has its own id, and a passage with two pieces has two names."""
    both = ExpectedEvidence("a.md", "Then look at the log.")
    text = "Restart the engine first. Then look at the log."
    found = [passage(1, "c.md", OTHER_TEXT), passage(2, "a.md", text), passage(3, "a.md", text)]
    names = names_of(found, (RESTART, both))
    assert names == [[str(UUID(int=1))], ["evidence 0", "evidence 1"], [str(UUID(int=3))]]


def test_all_evidence_first_is_the_ideal() -> None:
    """Then every measure of retrieval is 1, in whatever passages the evidence stands."""
    found = [
        passage(1, "b.md", str(BACKUP.quote)),
        passage(2, "a.md", str(RESTART.quote)),
        passage(3, "c.md", OTHER_TEXT),
    ]
    assert set(retrieval_scores(SEVERAL, found).values()) == {1.0}


def test_what_is_found_late_counts_less() -> None:
    """One of two pieces in the second place."""
    found = [passage(1, "c.md", OTHER_TEXT), passage(2, "a.md", str(RESTART.quote))]
    scores = retrieval_scores(SEVERAL, found)
    assert scores["recall@5"] == 0.5
    assert scores["mrr@10"] == 0.5
    assert scores["hit@1"] == 0
    assert scores["hit@5"] == 1
    assert scores["ndcg@10"] == pytest.approx(0.63093 / 1.63093, abs=1e-4)


def test_two_pieces_in_one_passage_do_not_push_others_out_of_the_first_five() -> None:
    """Recall counts passages, not names."""
    pieces = tuple(ExpectedEvidence("a.md", f"Sentence number {word} is here.") for word in ("one", "two"))
    case = Case("a", "Why?", CaseKind.SEVERAL_PASSAGES, (*pieces, BACKUP))
    both = " ".join(str(piece.quote) for piece in pieces)
    fill = [passage(number, "c.md", OTHER_TEXT) for number in (2, 3, 4)]
    found = [passage(1, "a.md", both), *fill, passage(5, "b.md", str(BACKUP.quote))]
    assert retrieval_scores(case, found)["recall@5"] == 1


def test_nothing_found_is_zero() -> None:
    """An empty ranking is the worst one."""
    assert set(retrieval_scores(SEVERAL, []).values()) == {0.0}


def test_a_citation_is_right_when_it_shows_expected_words() -> None:
    """It may be a part of the quote or hold it; other words of the same document are wrong."""
    cited = [
        citation(1, "a.md", "Restart the engine first."),
        citation(2, "b.md", "Do this: Backups are kept for thirty days. Not longer."),
        citation(3, "b.md", OTHER_TEXT),
        citation(4, "c.md", "Restart the engine first."),
    ]
    assert citation_precision(cited, SEVERAL.evidence) == 0.5
    assert citation_recall(cited, SEVERAL.evidence) == 1
    assert citation_recall(cited[2:], SEVERAL.evidence) == 0
    assert citation_precision(cited, (ExpectedEvidence("b.md"),)) == 0.5
    part = citation(1, "b.md", "kept for thirty days.")
    assert citation_precision([part], SEVERAL.evidence) == 1


def test_answers_are_compared_without_case_punctuation_articles_and_markers() -> None:
    """The nearest accepted answer counts."""
    said = "The backups are kept for Thirty Days. [1] [2]"
    assert answer_containment(said, ["a year", "thirty days"]) == 1
    assert answer_containment(said, ["thirty"]) == 1
    assert answer_containment(said, ["thir"]) == 0
    assert answer_containment(said, ["the"]) == 0
    assert answer_f1(said, ["backups are kept for thirty days"]) == 1
    assert answer_f1(said, ["something else"]) == 0
    assert answer_f1("", ["thirty days"]) == 0


def test_an_unanswerable_case_is_judged_by_declining_alone() -> None:
    """Every other measure does not apply."""
    case = Case("a", "Why?", CaseKind.UNANSWERABLE)
    answered = Answer("So.", (), abstained=False, writer="extractive")
    assert scores_of(case, [], not_enough_evidence(writer="extractive"))["abstention"] == 1
    scores = scores_of(case, [passage(1, "c.md", OTHER_TEXT)], answered)
    assert scores["abstention"] == 0
    assert [name for name, score in scores.items() if score is not None] == ["abstention"]


def test_declining_what_has_an_answer_scores_nothing_but_what_was_found() -> None:
    """Citations and answers are 0, whatever the refusal says."""
    declined = replace(not_enough_evidence(writer="extractive"), text="I do not know of thirty days.")
    scores = scores_of(SEVERAL, [passage(1, "a.md", str(RESTART.quote))], declined)
    assert scores["hit@1"] == 1
    wanting = ("abstention", "citation_precision", "citation_recall", "answer_f1", "answer_containment")
    assert [scores[name] for name in wanting] == [0] * 5


def test_answers_are_not_judged_where_none_is_given() -> None:
    """Every measure is named all the same."""
    case = Case("a", "Why?", CaseKind.ANSWERABLE, (RESTART,))
    answered = Answer("Restart.", (), abstained=False, writer="extractive")
    scores = scores_of(case, [], answered)
    assert tuple(scores) == MEASURES
    assert scores["answer_f1"] is None
    assert scores["citation_precision"] == 0

"""Answers made of the evidence's own sentences."""

import pytest

from rag.domain.evidence import Evidence, joined
from rag.domain.extract import extract_answer, sentences_of
from tests.support.passages import passage

TEXT = (
    "Backups\nA backup runs every night at two. Is it verified? Yes [3]. Each backup is restored once a week."
)


def evidence(text: str, *, number: int = 1, start: int = 0) -> Evidence:
    """Make evidence of a single passage."""
    (one,) = joined([passage(text, number=number, start=start)])
    return one


def spans(text: str, *sentences: str) -> list[tuple[int, int]]:
    """Find the sentences in the text."""
    return [(text.index(s), text.index(s) + len(s)) for s in sentences]


SENTENCES = (
    "Backups",
    "A backup runs every night at two.",
    "Is it verified?",
    "Yes [3].",
    "Each backup is restored once a week.",
)


def test_headings_questions_and_scraps_cannot_be_an_answer() -> None:
    """Only sentences that can stand alone are candidates."""
    found = sentences_of(evidence(TEXT), spans(TEXT, *SENTENCES))
    assert [sentence.text for sentence in found] == [SENTENCES[1], SENTENCES[4]]


def test_every_sentence_of_the_answer_is_cited_at_its_place_in_the_document() -> None:
    """The span points into the stored text, whatever the chunk's offset is."""
    document = "x" * 40 + TEXT
    found = sentences_of(evidence(TEXT, start=40), spans(TEXT, *SENTENCES))
    answer = extract_answer(found, [0.91, 0.95])
    assert answer.text == "Each backup is restored once a week. [1] A backup runs every night at two. [2]"
    for citation in answer.citations:
        assert document[citation.span.start : citation.span.end] == citation.text
        assert f"[{citation.number}]" in answer.text


def test_sentences_far_from_the_best_are_left_out() -> None:
    """A weak second sentence would only dilute the answer."""
    found = sentences_of(evidence(TEXT), spans(TEXT, *SENTENCES))
    assert len(extract_answer(found, [0.9, 0.5]).citations) == 1


def test_a_sentence_that_stands_in_two_passages_is_said_once() -> None:
    """Overlapping chunks repeat sentences; the answer does not."""
    one = sentences_of(evidence(SENTENCES[1], number=1), [(0, len(SENTENCES[1]))])
    two = sentences_of(evidence(SENTENCES[1], number=2), [(0, len(SENTENCES[1]))])
    assert len(extract_answer([*one, *two], [0.9, 0.9]).citations) == 1


def test_a_documents_own_reference_numbers_do_not_look_like_our_markers() -> None:
    """`[7]` in a document becomes `(7)` in the answer, and stays as it is in the citation."""
    text = "Water boils at a hundred degrees [7] at sea level."
    answer = extract_answer(sentences_of(evidence(text), [(0, len(text))]), [1.0])
    assert answer.text == "Water boils at a hundred degrees (7) at sea level. [1]"
    assert answer.citations[0].text == text


def test_without_a_sentence_we_decline() -> None:
    """No candidate sentence means no answer."""
    assert extract_answer([], []).abstained


@pytest.mark.parametrize(
    "text",
    [
        "RAG_CHUNK_SIZE=160 RAG_CHUNK_OVERLAP=20 ./rag ingest docs/",
        "Default size and overlap",
        "How does a document become searchable?",
        "| 0.35 | 99 % | 11 % |",
        "see also: chapter 4",
        "分塊的大小是多少？",  # noqa: RUF001 - a question as it is written
    ],
)
def test_commands_headings_tables_and_questions_are_no_answers(text: str) -> None:
    """What is no statement cannot stand as one."""
    assert sentences_of(evidence(text), [(0, len(text))]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "The default chunk has at most 200 tokens.",
        "- An overlap repeats the end of one chunk.",
        "默认的分块最多有两百个词元，相邻的分块重叠三十个词元。",  # noqa: RUF001 - a sentence as it is written
    ],
)
def test_statements_are_candidates_in_any_script(text: str) -> None:
    """Scripts without spaces are not taken for scraps."""
    assert len(sentences_of(evidence(text), [(0, len(text))])) == 1


def test_a_list_item_is_quoted_without_its_bullet() -> None:
    """The citation keeps the document's words; the answer reads as a sentence."""
    text = "- An overlap repeats the end of one chunk."
    answer = extract_answer(sentences_of(evidence(text), [(0, len(text))]), [1.0])
    assert answer.text == "An overlap repeats the end of one chunk. [1]"
    assert answer.citations[0].text == text

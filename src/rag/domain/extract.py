"""Which sentences of the evidence answer the question, when no language model writes?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag.domain.answer import Answer, Citation, Span, not_enough_evidence
from rag.domain.evidence import Evidence
from rag.domain.ranking import Passage
from rag.domain.words import count_words, folded

WRITER: Final = "extractive"
MAX_SENTENCES: Final = 3
MIN_WORDS: Final = 4
MAX_SENTENCE_CHARACTERS: Final = 600
_LEAST_REPEATED: Final = 3  # a question of fewer words stands in many a statement
ANNOUNCERS: Final = (":", "\uff1a", ",")  # what ends so only leads up to something
QUESTION_MARKS: Final = ("?", "？")  # noqa: RUF001 - the full-width one ends questions in Chinese and Japanese
BRACKETS_AND_SLASHES: Final = ("/", "\\", "]", "}", ">", "|")

# Sentences are looked for in this many passages: the fourth held the best one in 1 of 150 questions (xquad),
# and reading five cost half as much again.
MAX_PASSAGES: Final = 3

# How much a passage's own score counts beside its sentences': on clapnq the right sentence then came first
# in .720 of the questions rather than .693, and on xquad in .860 either way.
PASSAGE_WEIGHT: Final = 0.3

# A further sentence is worth showing when it comes this close to the best one.
CLOSE_TO_BEST: Final = 0.9


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the evidence; `[start, end)` are characters of the document's stored text.

    Attributes:
        passage: the passage that holds it.
    """

    passage: Passage
    start: int
    end: int
    text: str


def sentences_of(evidence: Evidence, spans: Sequence[tuple[int, int]]) -> tuple[Sentence, ...]:
    """Give the sentences that can stand alone; `spans` are characters of the evidence's text.

    Left out are questions, headings and scraps of fewer than four words: they repeat what was asked
    rather than answer it.
    """
    text, offset = evidence.text, evidence.start
    found = (
        Sentence(
            evidence.passage_with(offset + start, offset + end),
            offset + start,
            offset + end,
            text[start:end],
        )
        for start, end in spans
        if end - start <= MAX_SENTENCE_CHARACTERS
    )
    return tuple(sentence for sentence in found if _can_stand_alone(sentence.text))


def _can_stand_alone(text: str) -> bool:
    words = count_words(text)
    ending = text.rstrip()[-1:]
    if words < MIN_WORDS or ending in QUESTION_MARKS or ending in ANNOUNCERS:
        return False
    is_heading = words <= 2 * MIN_WORDS and (ending.isalnum() or ending in BRACKETS_AND_SLASHES)
    return not is_heading


def repeats(sentence: str, question: str) -> bool:
    """Tell a sentence that says the question again, as a list of examples does, and answers nothing.

    A statement may hold all of a question's words and be its answer; only the whole question, as a question,
    or nothing but its words in their order, is a repetition.

    >>> repeats('rag ask "How long is lunch?"', "How long is lunch?"), repeats("The port", "the port")
    (True, True)
    >>> repeats("The default port is 8000.", "the default port"), repeats("Jones is it.", "Is it Jones?")
    (False, False)
    """
    said, asked = _bare_words(sentence), _bare_words(question)
    if len(asked) < _LEAST_REPEATED or not question.rstrip().endswith(QUESTION_MARKS):
        return said == asked
    size = len(asked)
    return any(said[start : start + size] == asked for start in range(len(said) - size + 1))


def _bare_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def extract_answer(sentences: Sequence[Sentence], scores: Sequence[float]) -> Answer:
    """Make an answer of the best sentences, best first, each with a citation of its own.

    Args:
        sentences: candidates, from the best passage to the last.
        scores: one a sentence, higher is better, comparable within this question.
    """
    merits = merits_of(sentences, scores)
    ranked = sorted(zip(sentences, merits, strict=True), key=lambda pair: -pair[1])
    chosen: list[Sentence] = []
    for sentence, merit in ranked:
        if len(chosen) == MAX_SENTENCES or merit < CLOSE_TO_BEST * ranked[0][1]:
            break
        if all(folded(sentence.text) != folded(earlier.text) for earlier in chosen):
            chosen.append(sentence)
    if not chosen:
        return not_enough_evidence(writer=WRITER)
    citations = tuple(_cite(sentence, number) for number, sentence in enumerate(chosen, start=1))
    text = " ".join(f"{_quoted(c.text)} [{c.number}]" for c in citations)
    return Answer(text=text, citations=citations, abstained=False, writer=WRITER)


def merits_of(sentences: Sequence[Sentence], scores: Sequence[float]) -> Sequence[float]:
    """Give what each sentence is worth: its own score, and a part of its passage's."""
    return [
        score + PASSAGE_WEIGHT * sentence.passage.candidate.score
        for sentence, score in zip(sentences, scores, strict=True)
    ]


def _quoted(text: str) -> str:
    r"""Fold white space, and keep a document's own reference numbers from looking like our markers.

    >>> _quoted("Water boils\n at 100 °C [7].")
    'Water boils at 100 °C (7).'
    """
    without_bullet = re.sub(r"^[-*•–] ", "", folded(text))  # noqa: RUF001 - lists are written with dashes too
    return re.sub(r"\[(\d+)\]", r"(\1)", without_bullet)


def _cite(sentence: Sentence, number: int) -> Citation:
    passage = sentence.passage
    return Citation(
        number=number,
        chunk_id=passage.chunk.id,
        document_id=passage.chunk.document_id,
        source=passage.source,
        title=passage.title,
        page=passage.chunk.page,
        section=passage.chunk.section,
        text=sentence.text,
        span=Span(sentence.start, sentence.end),
    )

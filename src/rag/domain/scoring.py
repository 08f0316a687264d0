"""How well was one case found, cited and answered?"""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log2
from typing import Final

from rag.domain.answer import Answer, Citation
from rag.domain.golden import Case, CaseKind, ExpectedEvidence, is_found_in
from rag.domain.ranking import Passage
from rag.domain.report import MEASURES

PASSAGES_SCORED: Final = 10
DIGITS: Final = 6

_MARKER: Final = re.compile(r"\s*\[\d+\]")
_ARTICLE: Final = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)


def recall_at(relevant: Mapping[str, int], found: Sequence[str], *, k: int) -> float:
    """Give the share of what is relevant that stands among the first `k` found.

    >>> recall_at({"a": 1, "b": 1}, ["x", "a", "b"], k=2)
    0.5
    """
    return len(relevant.keys() & set(found[:k])) / len(relevant)


def hit_at(relevant: Mapping[str, int], found: Sequence[str], *, k: int) -> float:
    """Give 1 when anything relevant stands among the first `k` found, else 0.

    >>> hit_at({"a": 1}, ["x", "a"], k=1), hit_at({"a": 1}, ["x", "a"], k=2)
    (0.0, 1.0)
    """
    return float(any(name in relevant for name in found[:k]))


def reciprocal_rank(relevant: Mapping[str, int], found: Sequence[str], *, k: int) -> float:
    """Give 1 divided by the place of the first relevant one among the first `k`, or 0.

    >>> reciprocal_rank({"a": 1}, ["x", "a"], k=10)
    0.5
    """
    places = (place for place, name in enumerate(found[:k], start=1) if name in relevant)
    return next((1 / place for place in places), 0.0)


def ndcg_at(relevant: Mapping[str, int], found: Sequence[str], *, k: int) -> float:
    """Give the normalised discounted cumulative gain of the first `k`; a gain is the grade itself.

    Järvelin, Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002, with the discount
    log2(place + 1), as trec_eval and ir-measures compute it.

    >>> ndcg_at({"a": 1, "b": 1}, ["a", "b"], k=10), round(ndcg_at({"a": 1}, ["x", "a"], k=10), 3)
    (1.0, 0.631)
    """
    gained = _discounted([relevant.get(name, 0) for name in found[:k]])
    return gained / _discounted(sorted(relevant.values(), reverse=True)[:k])


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / log2(place + 1) for place, gain in enumerate(gains, start=1))


def names_of(passages: Sequence[Passage], evidence: Sequence[ExpectedEvidence]) -> list[list[str]]:
    """Name each passage by the evidence that it is the first to hold, or else by its chunk's id.

    Evidence is named by its place in `evidence`. A passage with two pieces has two names, and one that only
    repeats what an earlier passage holds adds nothing: so a case's ideal is all of its evidence first.
    """
    names: list[list[str]] = []
    waiting = dict(enumerate(evidence))
    for passage in passages:
        held = [
            place
            for place, piece in waiting.items()
            if is_found_in(piece, source=passage.source, text=passage.chunk.text)
        ]
        names.append([_evidence_name(place) for place in held] or [str(passage.chunk.id)])
        for place in held:
            del waiting[place]
    return names


def _evidence_name(place: int) -> str:
    return f"evidence {place}"


def retrieval_scores(case: Case, passages: Sequence[Passage]) -> dict[str, float]:
    """Score what was found, best first, for a case that has evidence.

    Chunks are ranked, and not documents. Where a whole document is judged, as in BEIR's sets, a second chunk
    of it takes a place and gains nothing, so nDCG is no figure to hold against published ones of documents.
    """
    relevant = {_evidence_name(place): piece.grade for place, piece in enumerate(case.evidence)}
    by_passage = names_of(passages, case.evidence)
    first_five = [name for names in by_passage[:5] for name in names]
    all_ten = [name for names in by_passage[:PASSAGES_SCORED] for name in names]
    return {
        "recall@5": recall_at(relevant, first_five, k=len(first_five)),
        "ndcg@10": ndcg_at(relevant, all_ten, k=PASSAGES_SCORED),
        "mrr@10": reciprocal_rank(relevant, all_ten, k=PASSAGES_SCORED),
        "hit@1": hit_at(relevant, all_ten, k=1),
        "hit@5": hit_at(relevant, first_five, k=len(first_five)),
    }


def supports(evidence: ExpectedEvidence, citation: Citation) -> bool:
    """Tell whether the cited words are the expected ones: they hold the quote, or lie within it.

    Where the whole document counts, any words of it will do.
    """
    if is_found_in(evidence, source=citation.source, text=citation.text):
        return True
    cited = ExpectedEvidence(citation.source, citation.text)
    return evidence.quote is not None and is_found_in(cited, source=evidence.source, text=evidence.quote)


def citation_precision(citations: Sequence[Citation], evidence: Sequence[ExpectedEvidence]) -> float:
    """Give the share of the citations that show expected evidence; no citations have none."""
    right = sum(any(supports(piece, citation) for piece in evidence) for citation in citations)
    return right / len(citations) if citations else 0.0


def citation_recall(citations: Sequence[Citation], evidence: Sequence[ExpectedEvidence]) -> float:
    """Give the share of the expected evidence that some citation shows."""
    shown = sum(any(supports(piece, citation) for citation in citations) for piece in evidence)
    return shown / len(evidence)


def answer_words(text: str) -> list[str]:
    """Give an answer's words for comparison: without markers, case, punctuation and English articles.

    The normalisation of SQuAD's own evaluation: Rajpurkar et al., SQuAD: 100,000+ Questions for Machine
    Comprehension of Text, 2016, section 6.1.

    >>> answer_words("The engine, restarted. [1]")
    ['engine', 'restarted']
    """
    bare = _MARKER.sub("", text).casefold().translate(_WITHOUT_PUNCTUATION)
    return _ARTICLE.sub(" ", bare).split()


def answer_f1(text: str, accepted: Sequence[str]) -> float:
    """Give the F1 of the words shared with the nearest accepted answer, as SQuAD does.

    >>> answer_f1("Thirty days a year. [1]", ["thirty days"])
    0.8
    """
    return max(_f1(Counter(answer_words(text)), Counter(answer_words(one))) for one in accepted)


def _f1(said: Counter[str], accepted: Counter[str]) -> float:
    shared = (said & accepted).total()
    return 2 * shared / (said.total() + accepted.total()) if shared else 0.0


def answer_containment(text: str, accepted: Sequence[str]) -> float:
    """Give 1 when the words of an accepted answer stand in the text in one piece, else 0.

    >>> answer_containment("Everybody has thirty days of leave.", ["30 days", "thirty days"])
    1.0
    """
    said = f" {' '.join(answer_words(text))} "
    wanted = (" ".join(answer_words(one)) for one in accepted)
    return float(any(f" {words} " in said for words in wanted if words))


def scores_of(case: Case, passages: Sequence[Passage], answer: Answer) -> dict[str, float | None]:
    """Score a case; None where a measure does not apply.

    An unanswerable case is only judged by whether the service declined. Where it declined a question that
    has an answer, nothing is cited and nothing said, so those scores are 0.
    """
    if case.kind is CaseKind.UNANSWERABLE:
        return _all_measures({"abstention": float(answer.abstained)})
    text = "" if answer.abstained else answer.text
    citations = () if answer.abstained else answer.citations
    scores = {
        **retrieval_scores(case, passages),
        "abstention": float(not answer.abstained),
        "citation_precision": citation_precision(citations, case.evidence),
        "citation_recall": citation_recall(citations, case.evidence),
    }
    if case.answers:
        scores["answer_f1"] = answer_f1(text, case.answers)
        scores["answer_containment"] = answer_containment(text, case.answers)
    return _all_measures(scores)


def _all_measures(scores: Mapping[str, float]) -> dict[str, float | None]:
    # Rounded here, so that a run that was saved and read again holds the very same scores.
    rounded = {measure: round(score, DIGITS) for measure, score in scores.items()}
    return {measure: rounded.get(measure) for measure in MEASURES}

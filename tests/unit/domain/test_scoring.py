"""The formulae of retrieval, checked against ir-measures."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, Measure, R, Success, nDCG

from rag.domain.scoring import hit_at, ndcg_at, recall_at, reciprocal_rank
from tests.support.shared import shared_folder

JUDGEMENTS = st.dictionaries(st.sampled_from("abcdefghijklmno"), st.integers(1, 4), min_size=1)
RANKINGS = st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), unique=True, max_size=20)
MEASURES = {nDCG @ 10: ndcg_at, R @ 5: recall_at, RR @ 10: reciprocal_rank, Success @ 5: hit_at}
CUTS = {nDCG @ 10: 10, R @ 5: 5, RR @ 10: 10, Success @ 5: 5}
DEPTH = 20


def theirs(relevant: dict[str, int], found: list[str]) -> Mapping[Measure, float]:
    """Score one question with ir-measures."""
    run = {"q": {name: 1.0 - place / 100 for place, name in enumerate(found)} or {"none of these": 1.0}}
    return ir_measures.calc_aggregate(list(MEASURES), {"q": relevant}, run)


@given(relevant=JUDGEMENTS, found=RANKINGS)
def test_every_formula_is_that_of_ir_measures(relevant: dict[str, int], found: list[str]) -> None:
    """Whatever is relevant and whatever was found, graded or not."""
    expected = theirs(relevant, found)
    for measure, formula in MEASURES.items():
        assert formula(relevant, found, k=CUTS[measure]) == pytest.approx(expected[measure], abs=1e-9)


@pytest.mark.parametrize("name", ["nfcorpus", "clapnq", "anthropic_docs"])
def test_a_public_set_gets_the_same_means(name: str) -> None:
    """Over all judged questions of a set, with rankings by shared words."""
    folder = shared_folder("retrieval") / name
    judged = judgements(folder)
    texts = {
        row["_id"]: words(f"{row.get('title') or ''} {row['text']}") for row in rows(folder / "corpus.jsonl")
    }
    asked = [row for row in rows(folder / "queries.jsonl") if row["_id"] in judged][:120]
    found = {row["_id"]: ranked(words(row["text"]), texts) for row in asked}
    relevant = {question: judged[question] for question in found}
    expected = ir_measures.calc_aggregate(
        list(MEASURES),
        relevant,
        {q: {d: 1.0 - place / 100 for place, d in enumerate(ranking)} for q, ranking in found.items()},
    )
    for measure, formula in MEASURES.items():
        ours = [formula(relevant[q], ranking, k=CUTS[measure]) for q, ranking in found.items()]
        assert sum(ours) / len(ours) == pytest.approx(expected[measure], abs=1e-6)
        assert sum(ours) > 0


def rows(path: Path) -> list[dict[str, str]]:
    """Read a file of one JSON object a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def judgements(folder: Path) -> dict[str, dict[str, int]]:
    """Read which texts answer which question."""
    judged: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, text, grade = line.split("\t")
        judged.setdefault(question, {})[text] = int(grade)
    return judged


def words(text: str) -> Counter[str]:
    """Count words."""
    return Counter(re.findall(r"\w+", text.lower()))


def ranked(question: Counter[str], texts: dict[str, Counter[str]]) -> list[str]:
    """Rank texts by the share of their words that the question has too."""
    merit = {name: (question & text).total() / (8 + text.total()) for name, text in texts.items()}
    return sorted(merit, key=lambda name: (-merit[name], name))[:DEPTH]

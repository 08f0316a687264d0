"""How are both rankings of a search asked for in one trip, and made to come out the same every time?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson

from rag.adapters.qdrant.points import BM25, DENSE, Json
from rag.adapters.qdrant.words import SparseVector
from rag.domain.ranking import Candidate, Ranking
from rag.ports.models import Vectors

# Candidates asked for beyond the limit, so that equals at its edge can be put in order of id.
SPARE: Final = 16
MOST: Final = 4096
# Recall at the default sinks under narrow filters (to .926 at 2 % of 500,000): look further there.
_EF: Final = 128
_EF_FILTERED: Final = 512


def batch_body(vector: Vectors, words: SparseVector, *, number: int, filter_body: Json | None) -> bytes:
    """This will write the body of the one request.

    It asks what dense finds and, where the question has any words, what they find and what each of the two
    says of the other's candidates.

    Args:
        vector: float32 of shape (dimension,).
        words: the question's sparse vector.
        number: how many candidates each ranking may hold.
        filter_body: what both are narrowed by.
    """
    ef = max(number, _EF_FILTERED if filter_body else _EF)
    least: Json = {"limit": number, "with_payload": False, "with_vector": False}
    dense = np.ascontiguousarray(vector, dtype=np.float32)
    by_meaning: Json = {"query": dense, "using": DENSE, "params": {"hnsw_ef": ef}, "limit": number}
    by_words: Json = {"query": words, "using": BM25, "limit": number}
    if filter_body:
        by_meaning["filter"] = by_words["filter"] = filter_body
    searches: list[Json] = [by_meaning | least]
    if words["indices"]:
        searches += [
            by_words | least,
            {"prefetch": by_words, "query": dense, "using": DENSE} | least,
            {"prefetch": by_meaning, "query": words, "using": BM25} | least,
        ]
    return orjson.dumps({"searches": searches}, option=orjson.OPT_SERIALIZE_NUMPY)


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found, best first, equals in order of id.

    Attributes:
        dense: by meaning.
        words: by words.
        dense_of_words: what was found by words, with the cosines that it has.
        words_of_dense: what was found by meaning and holds one of the words, with the scores of those.
    """

    dense: Sequence[Json]
    words: Sequence[Json] = ()
    dense_of_words: Sequence[Json] = ()
    words_of_dense: Sequence[Json] = ()

    def rankings(self, *, limit: int) -> tuple[Ranking, Ranking]:
        """This will make the two rankings of the first `limit` each.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: they are no points of ours.
        """
        dense, words = self.dense[:limit], self.words[:limit]
        return (
            _ranking(DENSE, dense, of_others=self.dense_of_words, others=words),
            _ranking(BM25, words, of_others=self.words_of_dense, others=dense),
        )


def found_in(answer: Any) -> Found:  # noqa: ANN401 - JSON, checked by being read
    """This will read the answer.

    Raises:
        LookupError, TypeError: it is not an answer of Qdrant's.
    """
    return Found(*(_ordered(result["points"]) for result in answer["result"]))


def is_settled(points: Sequence[Json], *, limit: int, number: int) -> bool:
    """This will say whether the first `limit` candidates are certain, when `number` were asked for.

    They are not when all from the limit's edge on are equal: further equals may have smaller ids.
    """
    return len(points) < number or points[limit - 1]["score"] > points[-1]["score"]


def _ranking(
    name: str, points: Sequence[Json], *, of_others: Sequence[Json], others: Sequence[Json]
) -> Ranking:
    wanted = {one["id"] for one in others} - {one["id"] for one in points}
    beside = [one for one in of_others if one["id"] in wanted]
    return Ranking(name, _candidates(points), beside=_candidates(beside))


def _candidates(points: Sequence[Json]) -> tuple[Candidate, ...]:
    return tuple(Candidate(UUID(one["id"]), float(one["score"])) for one in points)


def _ordered(points: Sequence[Json]) -> list[Json]:
    # UUIDs in their canonical form sort as texts the way they sort as numbers.
    return sorted(points, key=lambda one: (-one["score"], one["id"]))

"""How are both rankings of a search asked for in one trip, and made to come out the same every time?"""

from collections.abc import Sequence
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
    """This will write the body of the one request: dense first, then words where the question has any.

    Args:
        vector: float32 of shape (dimension,).
        words: the question's sparse vector.
        number: how many candidates each ranking may hold.
        filter_body: what both are narrowed by.
    """
    ef = max(number, _EF_FILTERED if filter_body else _EF)
    common: Json = {"limit": number, "with_payload": False, "with_vector": False}
    if filter_body:
        common["filter"] = filter_body
    dense = np.ascontiguousarray(vector, dtype=np.float32)
    searches: list[Json] = [{"query": dense, "using": DENSE, "params": {"hnsw_ef": ef}, **common}]
    if words["indices"]:
        searches.append({"query": words, "using": BM25, **common})
    return orjson.dumps({"searches": searches}, option=orjson.OPT_SERIALIZE_NUMPY)


def found_in(answer: Any) -> tuple[list[Json], list[Json]]:  # noqa: ANN401 - JSON, checked by being read
    """This will read the answer: what dense and words found, best first, equals in order of id.

    Raises:
        LookupError, TypeError: it is not an answer of Qdrant's.
    """
    dense, *words = (_ordered(result["points"]) for result in answer["result"])
    return dense, words[0] if words else []


def is_settled(points: Sequence[Json], *, limit: int, number: int) -> bool:
    """This will say whether the first `limit` candidates are certain, when `number` were asked for.

    They are not when all from the limit's edge on are equal: further equals may have smaller ids.
    """
    return len(points) < number or points[limit - 1]["score"] > points[-1]["score"]


def ranking(name: str, points: Sequence[Json]) -> Ranking:
    """This will make a ranking of points in their order.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: they are no points of ours.
    """
    return Ranking(name, tuple(Candidate(UUID(one["id"]), float(one["score"])) for one in points))


def _ordered(points: Sequence[Json]) -> list[Json]:
    # UUIDs in their canonical form sort as texts the way they sort as numbers.
    return sorted(points, key=lambda one: (-one["score"], one["id"]))

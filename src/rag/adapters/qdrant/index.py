"""How does Qdrant keep the promises of search?"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

from qdrant_client import AsyncQdrantClient, models

from rag.adapters.qdrant.failures import translated
from rag.adapters.qdrant.filters import filter_body
from rag.adapters.qdrant.generations import ensure_generation
from rag.adapters.qdrant.points import upsert_bodies
from rag.adapters.qdrant.retrieval import MOST, SPARE, batch_body, found_in, is_settled
from rag.adapters.qdrant.words import WordCounter
from rag.domain.documents import ChunkId
from rag.domain.errors import InvalidInputError
from rag.domain.question import Filter
from rag.domain.ranking import Ranking
from rag.domain.recipe import IndexRecipe, LexicalRecipe
from rag.ports.models import Vectors
from rag.ports.search import IndexMissingError, Point, PointRefusedError, SearchUnavailableError

ALIAS: Final = "rag-live"
_OURS: Final = re.compile(r"rag-\d")  # a server may hold other people's collections
_BATCH_IDS: Final = 1000
_ENGINE_TITLE: Final = "rag embedded engine"


class QdrantSearchIndex:
    """Generations are collections, and the live one is behind the alias `rag-live`.

    The same calls serve a Qdrant server and the embedded engine. Only the engine has to be told when to flush
    and when to build a graph; a server's own optimizer and `wait=true` see to both.

    Args:
        client: from `connect`.
        lexical: how words are counted where `create` was not called by this process, and in questions.
        exact_below_points: up to this many points every vector is compared; above, HNSW pays.
    """

    def __init__(
        self, client: AsyncQdrantClient, *, lexical: LexicalRecipe, exact_below_points: int = 20_000
    ) -> None:
        self._client = client
        self._exact_below_points = exact_below_points
        self._words = WordCounter(lexical)
        self._words_of: dict[str, WordCounter] = {}
        self._is_engine: bool | None = None

    async def create(self, generation: str, recipe: IndexRecipe) -> None:
        """This will make an empty generation; making one that exists with the same recipe changes nothing.

        Raises:
            IndexMismatchError: it exists with another dimension, model or recipe.
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated(f"The index {generation}"):
            await ensure_generation(
                self._client, generation, recipe, exact_below_points=self._exact_below_points
            )
        self._words_of[generation] = WordCounter(recipe.lexical)

    async def upsert(self, generation: str, points: Sequence[Point]) -> None:
        """This will add or replace points, and return when Qdrant has acknowledged them.

        Raises:
            IndexMissingError: there is no such generation.
            IndexMismatchError: a vector has another dimension than the generation.
            PointRefusedError: a point is too large; those before it may have been written.
            SearchUnavailableError: Qdrant does not answer.
        """
        words = self._words_of.get(generation, self._words)
        bodies = upsert_bodies(points, generation=generation, words=words)
        while body := await asyncio.to_thread(next, bodies, None):
            with translated(f"The index {generation}", refused=PointRefusedError):
                answer = await self._send("PUT", "/collections/{collection}/points", generation, body)
                _check_completed(answer["result"]["status"])

    async def flush(self, generation: str) -> None:
        """This will return when everything acknowledged so far survives a kill -9.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated(f"The index {generation}"):
            if await self._speaks_to_engine():
                await self._send("POST", "/collections/{collection}/flush", generation)
            else:
                await self._client.get_collection(generation)

    async def remove(self, generation: str, chunk_ids: Sequence[ChunkId]) -> None:
        """This will take points out; ids and generations that are not there are ignored.

        Raises:
            SearchUnavailableError: Qdrant does not answer.
        """
        for start in range(0, len(chunk_ids), _BATCH_IDS):
            ids: list[int | str | UUID] = [str(one) for one in chunk_ids[start : start + _BATCH_IDS]]
            try:
                with translated(f"The index {generation}"):
                    done = await self._client.delete(
                        generation, points_selector=models.PointIdsList(points=ids), wait=True
                    )
                    _check_completed(done.status)
            except IndexMissingError:
                return

    async def count(self, generation: str) -> int:
        """This will count the generation's points, exactly.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated(f"The index {generation}"):
            return (await self._client.count(generation, exact=True)).count

    async def present(self, generation: str, chunk_ids: Sequence[ChunkId]) -> frozenset[ChunkId]:
        """This will say which of the ids are in the generation: none where it is not there.

        Raises:
            SearchUnavailableError: Qdrant does not answer.
        """
        found: set[ChunkId] = set()
        for start in range(0, len(chunk_ids), _BATCH_IDS):
            ids = [str(one) for one in chunk_ids[start : start + _BATCH_IDS]]
            try:
                with translated(f"The index {generation}"):
                    records = await self._client.retrieve(generation, ids, with_payload=False)
                    found.update(ChunkId(str(record.id)) for record in records)
            except IndexMissingError:
                return frozenset()
        return frozenset(found)

    async def chunk_ids(self, generation: str) -> AsyncIterator[Sequence[ChunkId]]:
        """This will give the ids of all points, in order, a page at a time.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        following: Any = None
        while True:
            with translated(f"The index {generation}"):
                records, following = await self._client.scroll(
                    generation, limit=_BATCH_IDS, offset=following, with_payload=False
                )
            yield [ChunkId(str(record.id)) for record in records]
            if following is None:
                return

    async def switch(self, generation: str) -> None:
        """This will make `generation` the live one in one step; searches see the old one or the new one.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        actions: list[models.AliasOperations] = []
        if await self.live() is not None:
            actions.append(models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=ALIAS)))
        made = models.CreateAlias(collection_name=generation, alias_name=ALIAS)
        actions.append(models.CreateAliasOperation(create_alias=made))
        with translated(f"The index {generation}"):
            await self._client.update_collection_aliases(actions)

    async def live(self) -> str | None:
        """This will name the live generation, or None.

        Raises:
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated("The list of aliases"):
            aliases = (await self._client.get_aliases()).aliases
        return next((alias.collection_name for alias in aliases if alias.alias_name == ALIAS), None)

    async def generations(self) -> tuple[str, ...]:
        """This will name every generation, in order of name; other people's collections are left out.

        Raises:
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated("The list of collections"):
            collections = (await self._client.get_collections()).collections
        return tuple(sorted(found.name for found in collections if _OURS.match(found.name)))

    async def retire(self, generation: str) -> None:
        """This will delete a generation that is not live; one that does not exist changes nothing.

        Raises:
            InvalidInputError: it is live.
            SearchUnavailableError: Qdrant does not answer.
        """
        if generation == await self.live():
            raise InvalidInputError(f"The index {generation} is live and cannot be retired.")
        with translated(f"The index {generation}"):
            await self._client.delete_collection(generation)
        self._words_of.pop(generation, None)

    async def optimize(self, generation: str) -> None:
        """This will start building the graph where one pays, and return; searches go on meanwhile.

        A server has started by itself already. A build that fails is in the engine's log, and the next call
        starts it again.

        Raises:
            IndexMissingError: there is no such generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        with translated(f"The index {generation}"):
            if await self._speaks_to_engine():
                await self._send("POST", "/collections/{collection}/optimize", generation)
            else:
                await self._client.get_collection(generation)

    async def search(
        self, text: str, vector: Vectors, *, limit: int, filter_by: Filter, generation: str | None = None
    ) -> tuple[Ranking, ...]:
        """This will rank a generation's chunks by vector (`dense`) and by words (`bm25`), in one trip.

        Without `generation` it is the live one.

        Raises:
            IndexMissingError: nothing is live, or there is no such generation.
            IndexMismatchError: the vector has another dimension than the generation.
            SearchUnavailableError: Qdrant does not answer.
        """
        words = self._words.question(text)
        narrowed = filter_body(filter_by)
        number = limit + SPARE
        searched, named = generation or ALIAS, f"The index {generation}" if generation else "A live index"
        while True:
            body = batch_body(vector, words, number=number, filter_body=narrowed)
            with translated(named):
                answer = await self._send(
                    "POST", "/collections/{collection}/points/query/batch", searched, body
                )
                found = found_in(answer)
                both = (found.dense, found.words)
                if number >= MOST or all(is_settled(one, limit=limit, number=number) for one in both):
                    return found.rankings(limit=limit)
            number *= 4  # a crowd of equals at the edge: rare, and worth another trip

    async def _speaks_to_engine(self) -> bool:
        if self._is_engine is None:
            self._is_engine = (await self._client.info()).title == _ENGINE_TITLE
        return self._is_engine

    async def _send(self, method: str, path: str, collection: str, body: bytes | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send through the client, but past its models: they cost more than the rest of a trip together."""
        return await self._client.http.client.request(
            type_=object,
            method=method,
            url=path,
            path_params={"collection": collection},
            params={"wait": "true"} if method == "PUT" else {},
            content=body,
            headers={"Content-Type": "application/json"},
        )


def _check_completed(status: str) -> None:
    if status != models.UpdateStatus.COMPLETED:
        raise SearchUnavailableError(f"Qdrant took a write but did not finish it: {status}.")

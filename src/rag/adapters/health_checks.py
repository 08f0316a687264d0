"""How do the library and the index prove that they are alive, and agree?"""

from rag.ports.library import Library
from rag.ports.search import IndexMissingError, SearchIndex


class LibraryCheck:
    """PostgreSQL: log in and run SELECT 1."""

    name = "postgres"
    needed = True

    def __init__(self, library: Library) -> None:
        self._library = library

    async def check(self) -> str:
        """This will return how much the library holds."""
        await self._library.ping()
        counts = await self._library.counts()
        return f"{counts.documents} documents, {counts.chunks} chunks"


class SearchCheck:
    """The vector engine: it answers, and has a live generation as soon as there are documents."""

    name = "qdrant"
    needed = True

    def __init__(self, library: Library, index: SearchIndex) -> None:
        self._library = library
        self._index = index

    async def check(self) -> str:
        """This will return the live generation and its points.

        Raises:
            IndexMissingError: the engine has lost the generation that PostgreSQL calls live.
        """
        live = await self._index.live()
        if live is not None:
            return f"{await self._index.count(live)} points in {live}"
        if await self._library.live_generation() is None:
            return "no documents yet"
        raise IndexMissingError("the engine has lost the live generation: restart the service")


class IndexCheck:
    """The projection: the live generation of the engine holds what PostgreSQL says it should."""

    name = "index"
    needed = False

    def __init__(self, library: Library, index: SearchIndex) -> None:
        self._library = library
        self._index = index

    async def check(self) -> str:
        """This will return that both sides agree.

        Raises:
            IndexMissingError: another generation is live in the engine, or chunks are missing there.
        """
        told, live = await self._library.live_generation(), await self._index.live()
        if told is None or live is None:
            return "nothing to compare yet"
        if told.name != live:
            raise IndexMissingError(f"{live} is live in the engine, but {told.name} in PostgreSQL")
        chunks, points = (await self._library.counts()).chunks, await self._index.count(live)
        if points < chunks:
            raise IndexMissingError(f"{points} of {chunks} chunks are in the index: restart the service")
        return f"all {chunks} chunks are in the index"

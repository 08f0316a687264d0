"""How do the library and the index prove that they are alive?"""

from rag.ports.library import Library
from rag.ports.search import SearchIndex


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
    """The vector engine: name the live generation and count its points."""

    name = "qdrant"
    needed = True

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    async def check(self) -> str:
        """This will return the live generation and its points."""
        live = await self._index.live()
        if live is None:
            return "no generation is live yet"
        return f"{await self._index.count(live)} points in {live}"

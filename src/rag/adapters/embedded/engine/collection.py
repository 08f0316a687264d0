"""How is one collection kept: written, searched, flushed, and exchanged for a better built copy of itself?"""

import asyncio
import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine.filters import PointId
from rag.adapters.embedded.engine.points import plain_id
from rag.adapters.embedded.engine.refusals import RefusedError, malformed, missing_collection
from rag.adapters.embedded.engine.schema import Schema

BATCH_POINTS: Final = 256  # the engine stops every thread of the process while it takes a batch
_PAGE_POINTS: Final = 1000
_WARM_UP_SEARCHES: Final = 8


class Collection:
    """One shard of the engine with what happens to it; to be used on the event loop only.

    The engine never lets go of the interpreter, so a thread would win nothing: every call runs where it
    stands, is short, and so is one step that nothing comes between.

    Attributes:
        touched: points written since a copy for a better build was taken; None while no build is under way.
        open_for_writing: cleared while the files are being copied.
        problem: why the last build failed; None where it did not.
    """

    def __init__(self, name: str, directory: Path, schema: Schema, shard: edge.EdgeShard) -> None:
        self.name = name
        self.directory = directory
        self.schema = schema
        self.shard = shard
        self.touched: set[PointId] | None = None
        self.open_for_writing = asyncio.Event()
        self.open_for_writing.set()
        self.problem: str | None = None
        self.building: asyncio.Task[None] | None = None
        self.dropped = False
        self._is_dirty = False
        self._operations = 0

    async def upsert(self, points: Sequence[edge.Point]) -> int:
        """This will write points in small batches, with searches in between, and give the operation's number.

        Raises:
            RefusedError: the engine failed, or the collection was deleted meanwhile.
        """
        for start in range(0, len(points), BATCH_POINTS):
            batch = list(points[start : start + BATCH_POINTS])
            ids = [plain_id(point.id) for point in batch]
            await self._write(edge.UpdateOperation.upsert_points(batch), ids)
        return self._operations

    async def delete(self, ids: Sequence[PointId]) -> int:
        """This will delete points in small batches, and give the operation's number.

        Raises:
            RefusedError: the engine failed, or the collection was deleted meanwhile.
        """
        for start in range(0, len(ids), BATCH_POINTS):
            batch = ids[start : start + BATCH_POINTS]
            await self._write(edge.UpdateOperation.delete_points(list(batch)), batch)
        return self._operations

    async def index_field(self, name: str, kind: edge.PayloadSchemaType) -> int:
        """This will index a payload field, and give the operation's number.

        Raises:
            RefusedError: the engine failed.
        """
        await self._write(edge.UpdateOperation.create_field_index(name, kind), ())
        return self._operations

    async def unindex_field(self, name: str) -> int:
        """This will drop a payload field's index, and give the operation's number.

        Raises:
            RefusedError: the engine failed.
        """
        await self._write(edge.UpdateOperation.delete_field_index(name), ())
        return self._operations

    def ids(self, chosen: edge.Filter) -> list[PointId]:
        """This will list the points that pass a filter."""
        found: list[PointId] = []
        offset: edge.PointId | None = None
        while True:
            request = edge.ScrollRequest(
                offset=offset, limit=_PAGE_POINTS, filter=chosen, with_payload=False, with_vector=False
            )
            with engine_call():
                records, offset = self.shard.scroll(request)
            found.extend(plain_id(record.id) for record in records)
            if offset is None:
                return found

    async def writable(self) -> None:
        """This will wait while the files are being copied."""
        while not self.open_for_writing.is_set():  # it may be cleared again before a waiting task runs
            await self.open_for_writing.wait()

    def flush(self) -> None:
        """This will bring everything written so far to disk, but do nothing while the files are being copied.

        Raises:
            RefusedError: the engine failed, such as on a full disk.
        """
        if self._is_dirty and self.open_for_writing.is_set() and not self.dropped:
            with engine_call():
                self.shard.flush()
            self._is_dirty = False

    def close(self) -> None:
        """This will flush, and let go of the files whether that succeeds or not.

        Raises:
            RefusedError: the engine failed; what was written is in its log.
        """
        try:
            with engine_call():
                self.shard.flush()
        finally:
            with engine_call():
                self.shard.close()

    def exchange(self, shard: edge.EdgeShard, directory: Path) -> None:
        """This will go on with another shard that holds the same points."""
        old, self.shard, self.directory = self.shard, shard, directory
        with engine_call():
            old.close()

    async def _write(self, operation: edge.UpdateOperation, ids: Iterable[PointId]) -> None:
        await self.writable()
        if self.dropped:
            raise missing_collection(self.name)
        if self.touched is not None:
            self.touched.update(ids)
        self._is_dirty = True
        with engine_call():
            self.shard.update(operation)
        self._operations += 1
        await asyncio.sleep(0)


@contextmanager
def engine_call() -> Iterator[None]:
    """This will turn the engine's exceptions, which are of no class of its own, into refusals.

    Raises:
        RefusedError: 400 where the engine found the request wrong, 500 where it failed itself.
    """
    try:
        yield
    except RefusedError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise malformed(str(error)) from error
    except Exception as error:
        if "Vector dimension error" in str(error) or "Not existing vector name" in str(error):
            raise malformed(str(error)) from error
        raise RefusedError(500, f"Service internal error: {error}") from error


def create_shard(directory: Path, schema: Schema) -> edge.EdgeShard:
    """This will make an empty shard in a directory that does not exist yet, or leave no directory.

    Raises:
        RefusedError: it cannot be made.
    """
    try:
        with engine_call():
            directory.mkdir(mode=0o700)
            return _empty_shard(directory, schema)
    except RefusedError:
        shutil.rmtree(directory, ignore_errors=True)
        raise


def open_shard(directory: Path, schema: Schema) -> edge.EdgeShard:
    """This will open a shard, free of what an interrupted build left in it, and touch it until it is warm."""
    shutil.rmtree(directory / "temp_segments", ignore_errors=True)
    with engine_call():
        shard = edge.EdgeShard.load(str(directory))
        _warm_up(shard, schema)
    return shard


def _empty_shard(directory: Path, schema: Schema) -> edge.EdgeShard:
    shard = edge.EdgeShard.create(str(directory), schema.config())
    shard.flush()
    return shard


def _warm_up(shard: edge.EdgeShard, schema: Schema) -> None:
    for name, (size, _) in schema.dense.items():
        for turn in range(1, 1 + _WARM_UP_SEARCHES):
            # Waves of different lengths: directions far from one another, without a generator of numbers.
            wave = [math.sin(turn * position) for position in range(1, 1 + size)]
            query = edge.Query.Nearest(wave, using=name)
            shard.query(edge.QueryRequest(limit=10, query=query, with_payload=True))

"""How does a collection get its graph while searches and writes go on?"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine.collection import BATCH_POINTS, Collection, engine_call, open_shard
from rag.adapters.embedded.engine.filters import PointId
from rag.adapters.embedded.engine.points import plain_id
from rag.adapters.embedded.engine.refusals import RefusedError
from rag.adapters.embedded.engine.store import Store

_LOG: Final = logging.getLogger(__name__)
_SPARE_ROUNDS: Final = 8


class BuildFailedError(Exception):
    """The process that builds the copy failed; its own message is in the log."""


def start_build(store: Store, collection: Collection) -> bool:
    """This will see to it that a build is under way where one pays, and say whether one is."""
    if collection.building is None and pays(collection, graph_rows=store.graph_rows(collection.name)):
        collection.problem = None
        collection.building = asyncio.create_task(_build_and_report(store, collection))
    return collection.building is not None


def pays(collection: Collection, *, graph_rows: int) -> bool:
    """This will say whether there is enough outside the graph, or enough deleted in it, to build again.

    The engine counts every dense vector in a graph and every sparse vector at all as indexed, deleted ones
    too; without a sparse vector nothing can be concluded, and the copy will show.
    """
    schema, facts = collection.schema, collection.shard.info()
    if facts.points_count < schema.graph_pays_from:
        return False
    if graph_rows == 0 or not schema.sparse:
        return True
    appended = (facts.indexed_vectors_count - graph_rows) // len(schema.sparse)
    rows = graph_rows // (len(schema.dense) + len(schema.sparse)) + appended
    deleted = rows - facts.points_count
    return appended >= schema.graph_pays_from or deleted > schema.optimizers.deleted_threshold * rows


async def _build_and_report(store: Store, collection: Collection) -> None:
    try:
        await _build(store, collection)
    except (BuildFailedError, RefusedError, OSError) as error:
        if not collection.dropped:
            _LOG.exception("the graph of %s could not be built", collection.name)
            collection.problem = str(error)
    finally:
        collection.touched = None
        collection.open_for_writing.set()
        collection.building = None


async def _build(store: Store, collection: Collection) -> None:
    directory = store.new_directory()
    try:
        collection.flush()
        collection.open_for_writing.clear()
        async with _builder(collection.directory, directory) as builder:
            await _expect(builder, "copied")
            collection.touched = set()
            collection.open_for_writing.set()
            outcome = await _expect(builder, "built", "unchanged")
        if outcome and not collection.dropped:
            await _exchange(store, collection, directory, graph_rows=int(outcome[0]))
    finally:
        if collection.directory != directory:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)


async def _exchange(store: Store, collection: Collection, directory: Path, *, graph_rows: int) -> None:
    shard = open_shard(directory, collection.schema)
    adopted = False
    try:
        await _catch_up(collection, shard)
        # From here to the exchange nothing else runs, so no write can fall between the two shards.
        if collection.dropped:
            return
        _replay(collection, shard, len(collection.touched or ()))
        with engine_call():
            _align_indexes(collection.shard, shard)
            shard.flush()
        store.adopt(collection.name, directory, graph_rows=graph_rows)
        adopted = True
    finally:
        if not adopted:
            shard.close()
    old = collection.directory
    collection.exchange(shard, directory)
    await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)


async def _catch_up(collection: Collection, shard: edge.EdgeShard) -> None:
    """Bring over what was written meanwhile; writers who never pause have to wait for the last of it."""
    rounds = 2 * len(collection.touched or ()) // BATCH_POINTS + _SPARE_ROUNDS
    while collection.touched and not collection.dropped:
        if rounds == 0:
            collection.open_for_writing.clear()
        rounds -= 1
        _replay(collection, shard, BATCH_POINTS)
        await asyncio.sleep(0)


def _replay(collection: Collection, shard: edge.EdgeShard, number: int) -> None:
    touched: set[PointId] = collection.touched or set()
    for start in range(0, number, BATCH_POINTS):
        ids = list(islice(touched, min(BATCH_POINTS, number - start)))
        touched.difference_update(ids)
        with engine_call():
            _bring_over(ids, collection.shard, shard)


def _bring_over(ids: Sequence[PointId], source: edge.EdgeShard, target: edge.EdgeShard) -> None:
    records = source.retrieve(list(ids), with_payload=True, with_vector=True)
    points = [edge.Point(record.id, record.vector or {}, record.payload) for record in records]
    gone = set(ids) - {plain_id(record.id) for record in records}
    if points:
        target.update(edge.UpdateOperation.upsert_points(points))
    if gone:
        target.update(edge.UpdateOperation.delete_points(list(gone)))


def _align_indexes(source: edge.EdgeShard, target: edge.EdgeShard) -> None:
    wanted = {name: index.data_type for name, index in source.info().payload_schema.items()}
    there = {name: index.data_type for name, index in target.info().payload_schema.items()}
    for name in there.keys() - wanted.keys():
        target.update(edge.UpdateOperation.delete_field_index(name))
    for name, kind in wanted.items():
        if there.get(name) != kind:
            target.update(edge.UpdateOperation.create_field_index(name, kind))


@asynccontextmanager
async def _builder(source: Path, target: Path) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the working directory is no place to import from
        "-m",
        "rag.adapters.embedded.engine.graph_builder",
        str(source),
        str(target),
        str(os.getpid()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        start_new_session=True,  # so that the process and its worker can be ended together
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _expect(process: Process, *openings: str) -> Sequence[str]:
    """Read one line, and give the words after its opening one."""
    line = (await process.stdout.readline()).decode() if process.stdout else ""
    opening, *rest = line.split() or [""]
    if opening not in openings:
        raise BuildFailedError("The process that builds the graph ended early; the log says why.")
    return rest

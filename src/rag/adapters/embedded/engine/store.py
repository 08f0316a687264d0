"""Which collections does this process hold, and how does each change to the list of them happen?"""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from rag.adapters.embedded.engine.aliases import changed_aliases
from rag.adapters.embedded.engine.catalogue import Catalogue, Entry, load_catalogue
from rag.adapters.embedded.engine.collection import Collection, create_shard, engine_call, open_shard
from rag.adapters.embedded.engine.fields import fields_of
from rag.adapters.embedded.engine.files import UnsyncedError, remove_stray
from rag.adapters.embedded.engine.refusals import RefusedError, missing_collection
from rag.adapters.embedded.engine.schema import schema_of

_LOG: Final = logging.getLogger(__name__)


class Store:
    """The collections of one data directory; to be used on the event loop only.

    Each collection lies in a directory of its own with a name that is never used again. The catalogue says
    which directory belongs to which collection, and every change is made by replacing the catalogue: on disk
    first, so that what is answered never rests on an entry that a restart would not find. A directory that it
    does not name is what a killed process left behind.

    Attributes:
        is_ready: all collections have been opened.
    """

    def __init__(self, data_dir: Path) -> None:
        self._catalogue_path = data_dir / "catalogue.json"
        self._directory = data_dir / "collections"
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.catalogue = load_catalogue(self._catalogue_path)
        self._collections: dict[str, Collection] = {}
        self._broken: dict[str, str] = {}
        self.is_ready = False

    async def open(self) -> None:
        """This will remove what a killed process left behind, and open every collection."""
        named = {entry.directory for entry in self.catalogue.collections.values()}
        for stray in self._directory.iterdir():
            if stray.name not in named:
                remove_stray(stray)
        for name, entry in self.catalogue.collections.items():
            directory = self._directory / entry.directory
            try:
                schema = schema_of(entry.request)
                shard = open_shard(directory, schema)
            except RefusedError as error:
                # The others still answer, and this one can be deleted and built again.
                _LOG.exception("the collection %s cannot be opened", name)
                self._broken[name] = str(error)
            else:
                self._collections[name] = Collection(name, directory, schema, shard)
            await asyncio.sleep(0)
        self.is_ready = True

    def names(self) -> Sequence[str]:
        """This will name every collection, in order."""
        return sorted(self.catalogue.collections)

    def collection(self, name: str) -> Collection:
        """This will give the collection that `name` or its alias names.

        Raises:
            RefusedError: there is none, or its files cannot be read.
        """
        resolved = self.catalogue.resolve(name)
        if resolved in self._broken:
            raise RefusedError(500, f"The collection {resolved} cannot be opened: {self._broken[resolved]}")
        if resolved not in self._collections:
            raise missing_collection(name)
        return self._collections[resolved]

    def create(self, name: str, request: object) -> None:
        """This will make an empty collection.

        Raises:
            RefusedError: the name is taken, the request is malformed, or it cannot be saved.
        """
        if name in self.catalogue.collections or name in self.catalogue.aliases:
            raise RefusedError(409, f"Wrong input: Collection `{name}` already exists!")
        schema = schema_of(request)
        directory = self.new_directory()
        entry = Entry(directory.name, fields_of(request, place="the collection"))
        shard = create_shard(directory, schema)
        try:
            self._change(self.catalogue.with_collection(name, entry))
        except RefusedError:
            with engine_call():
                shard.close()
            shutil.rmtree(directory, ignore_errors=True)
            raise
        self._collections[name] = Collection(name, directory, schema, shard)

    def delete(self, name: str) -> bool:
        """This will delete a collection and its aliases, and say whether there was one.

        Raises:
            RefusedError: the change cannot be saved.
        """
        if name not in self.catalogue.collections:
            return False
        directory = self._directory / self.catalogue.collections[name].directory
        self._change(self.catalogue.without_collection(name))
        self._broken.pop(name, None)
        collection = self._collections.pop(name, None)
        if collection is not None:
            collection.dropped = True
            if collection.building is not None:
                collection.building.cancel()
            with engine_call():
                collection.shard.close()
        shutil.rmtree(directory, ignore_errors=True)
        return True

    def change_aliases(self, actions: Sequence[object]) -> None:
        """This will carry out all actions in one step, or none of them.

        Raises:
            RefusedError: an action is malformed, names a collection that does not exist, or cannot be saved.
        """
        self._change(replace(self.catalogue, aliases=changed_aliases(self.catalogue, actions)))

    def graph_rows(self, name: str) -> int:
        """This will give the vectors that were indexed when the collection's graph was last built."""
        return self.catalogue.collections[name].graph_rows

    def new_directory(self) -> Path:
        """This will name a directory that no collection has had."""
        return self._directory / uuid4().hex

    def adopt(self, name: str, directory: Path, *, graph_rows: int) -> None:
        """This will make `directory` the one that holds the collection, in one step.

        Raises:
            RefusedError: the change cannot be saved; the former directory holds it as before.
        """
        entry = replace(self.catalogue.collections[name], directory=directory.name, graph_rows=graph_rows)
        self._change(self.catalogue.with_collection(name, entry))

    def flush(self) -> None:
        """This will flush what has something to flush; failures are logged and tried again."""
        for collection in self._collections.values():
            try:
                collection.flush()
            except RefusedError:
                _LOG.exception("the collection %s cannot be flushed", collection.name)

    async def close(self) -> None:
        """This will stop the builds under way, flush everything, and let go of all files.

        Raises:
            RefusedError: collections could not be flushed or closed; the others have been.
        """
        failures = []
        for collection in self._collections.values():
            if collection.building is not None:
                collection.building.cancel()
                await asyncio.wait([collection.building])
            try:
                collection.close()
            except RefusedError as error:
                _LOG.exception("the collection %s cannot be closed", collection.name)
                failures.append(f"{collection.name}: {error}")
        self._collections.clear()
        if failures:
            raise RefusedError(500, f"Not everything could be flushed: {'; '.join(failures)}")

    def _change(self, catalogue: Catalogue) -> None:
        try:
            catalogue.save(self._catalogue_path)
        except UnsyncedError:
            # The file names the new state, so going back to the old one would part memory from disk.
            _LOG.exception("the list of collections has changed, but might not survive a power cut")
        except OSError as error:
            raise RefusedError(
                500, f"Service internal error: the list of collections cannot be saved: {error}"
            ) from error
        self.catalogue = catalogue

"""Which collections and aliases exist, in the one file whose replacement makes every change happen?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import orjson

from rag.adapters.embedded.engine.fields import Fields
from rag.adapters.embedded.engine.files import write_atomically

_FORMAT: Final = 1


class CatalogueError(Exception):
    """The catalogue cannot be read: the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One collection.

    Attributes:
        directory: the name of the directory that holds its points now.
        request: the body of the request that created it.
        graph_rows: vectors that the engine counted as indexed when a graph was last built; 0 without one.
    """

    directory: str
    request: Fields
    graph_rows: int = 0


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Collections by name, and aliases by name with the collection that each stands for."""

    collections: Mapping[str, Entry] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, name: str) -> str:
        """This will give the collection that `name` or its alias names; `name` itself where there is none."""
        return self.aliases.get(name, name)

    def with_collection(self, name: str, entry: Entry) -> "Catalogue":
        """This will give a catalogue that also has this collection, or has it this way."""
        return replace(self, collections={**self.collections, name: entry})

    def without_collection(self, name: str) -> "Catalogue":
        """This will give a catalogue without the collection and without the aliases that stand for it."""
        return Catalogue(
            collections={key: entry for key, entry in self.collections.items() if key != name},
            aliases={alias: target for alias, target in self.aliases.items() if target != name},
        )

    def save(self, path: Path) -> None:
        """This will replace the file at `path` in one step.

        Raises:
            UnsyncedError: it has been replaced, and the disk did not confirm that this lasts.
            OSError: it could not be replaced, and is as it was.
        """
        content = {"format": _FORMAT, "collections": self.collections, "aliases": self.aliases}
        write_atomically(path, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))


def load_catalogue(path: Path) -> Catalogue:
    """This will read the catalogue at `path`; without a file, nothing exists yet.

    Raises:
        CatalogueError: the file is not one of ours, or of a later format.
    """
    if not path.exists():
        return Catalogue()
    try:
        content = orjson.loads(path.read_bytes())
        if content["format"] != _FORMAT:
            raise CatalogueError(f"{path} has the format {content['format']}; we read {_FORMAT}.")
        entries = {name: Entry(**entry) for name, entry in content["collections"].items()}
        return Catalogue(collections=entries, aliases=dict(content["aliases"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{path} is not a catalogue of collections: {error!r}") from error

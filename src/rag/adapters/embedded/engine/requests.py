"""What has arrived, and which route is meant?"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

from rag.adapters.embedded.engine.collection import Collection
from rag.adapters.embedded.engine.fields import parse
from rag.adapters.embedded.engine.refusals import not_implemented
from rag.adapters.embedded.engine.store import Store

# Writes are carried out before they are answered, in order, on the only node: these change nothing.
_WITHOUT_EFFECT = frozenset({"consistency", "ordering", "timeout", "wait"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request for a route: `names` are what its path names."""

    store: Store
    names: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """This will read the body.

        Raises:
            RefusedError: it is not JSON.
        """
        return parse(self.body)

    @property
    def collection(self) -> Collection:
        """The collection that the path names, by its own name or an alias.

        Raises:
            RefusedError: there is none.
        """
        return self.store.collection(self.names["collection"])


Handler: TypeAlias = Callable[[Request], Awaitable[object]]
Routes: TypeAlias = Mapping[tuple[str, str], Handler]


def route(routes: Routes, method: str, raw_path: bytes) -> tuple[Handler, dict[str, str]]:
    """This will find the handler of a path, and what the path names.

    Raises:
        RefusedError: we have no such route.
    """
    parts = [unquote(part) for part in raw_path.decode("ascii").strip("/").split("/")]
    for (wanted, pattern), handler in routes.items():
        if wanted == method:
            names = _names(pattern.strip("/").split("/"), parts)
            if names is not None:
                return handler, names
    raise not_implemented(f"{method} {raw_path.decode('ascii')}")


def check_parameters(query: bytes) -> None:
    """This will refuse parameters of the address that would have to change what is done.

    Raises:
        RefusedError: there is one.
    """
    unknown = {name for name, _ in parse_qsl(query.decode("ascii"))} - _WITHOUT_EFFECT
    if unknown:
        raise not_implemented(f"the parameter {', '.join(sorted(unknown))}")


def _names(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(parts):
        return None
    names = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            names[wanted.strip("{}")] = part
        elif wanted != part:
            return None
    return names

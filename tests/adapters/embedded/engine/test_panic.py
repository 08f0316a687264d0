"""After a panic the engine is not asked again: the process says so, and ends for a fresh start."""

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from rag.adapters.embedded.engine.app import Application
from rag.adapters.embedded.engine.store import Store


class PanicException(BaseException):
    """As the engine's, which cannot be imported: outside of Exception."""


class PanickingStore(Store):
    """A store whose engine panics when it is asked for its collections."""

    def names(self) -> Sequence[str]:
        """This will panic."""
        raise PanicException("index out of bounds")


async def test_a_panic_is_answered_and_ends_the_process(tmp_path: Path) -> None:
    """The request gets 500 in Qdrant's format, and the process is told to give up."""
    store = PanickingStore(tmp_path)
    await store.open()
    given_up: list[bool] = []
    application = Application(store, give_up=lambda: given_up.append(True))
    sent: list[Mapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await application({"method": "GET", "raw_path": b"/collections", "query_string": b""}, receive, send)
    assert sent[0]["status"] == 500
    assert "panicked: index out of bounds" in orjson.loads(sent[1]["body"])["status"]["error"]
    assert given_up == [True]

"""Which documents does a name on the command line mean?"""

from dataclasses import replace
from typing import TYPE_CHECKING

from rag.domain.question import Question

if TYPE_CHECKING:
    from rag.ports.library import Library


async def with_known_sources(question: Question, library: "Library") -> Question:
    """This will turn each `--source` into the sources that it means: that name, or any that ends with it.

    Raises:
        UnknownDocumentError: no document has that name, so that a slip is not taken for missing knowledge.
    """
    from rag.ports.library import UnknownDocumentError  # noqa: PLC0415 - `rag --help` must not wait for numpy

    meant: set[str] = set()
    for name in question.filter.sources:
        found = {summary.source for summary in await library.summaries(source=name)}
        if not found:
            raise UnknownDocumentError(f"No document has the source {name}.")
        meant |= found
    return replace(question, filter=replace(question.filter, sources=frozenset(meant)))

"""Take files in: skip what is unchanged, report every file, stop for none."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from rag.domain.documents import DocumentId, document_id_for
from rag.domain.errors import InvalidInputError
from rag.ports.clock import Clock
from rag.ports.files import SourceFile
from rag.ports.library import Generation, Library
from rag.services.ensure_generation import EnsureGeneration
from rag.services.prepare_document import PreparedDocument, PrepareDocument
from rag.services.store_documents import StoreDocuments


class Outcome(StrEnum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        seconds: from the moment its bytes were asked for until it could be found.
        error: what is wrong with it; None unless it failed.
        characters: how long its text is; 0 where it was not read.
        notes: what of the file is not in its text, a sentence each.
        reading_seconds: how much of the time was spent on reading and cutting it.
    """

    file: SourceFile
    outcome: Outcome
    document_id: DocumentId
    chunks: int
    seconds: float
    error: InvalidInputError | None = None
    characters: int = 0
    notes: tuple[str, ...] = ()
    reading_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ready:
    file: SourceFile
    prepared: PreparedDocument
    outcome: Outcome
    began: float
    read: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestFiles:
    """Read the next files while the last ones are being embedded.

    Attributes:
        group_chunks: chunks are embedded and stored in groups of about this many, so that batches are full
            and memory is bounded.
        read_ahead: how many files are read before they are needed.
    """

    library: Library
    ensure_generation: EnsureGeneration
    prepare: PrepareDocument
    store: StoreDocuments
    clock: Clock
    group_chunks: int = 256
    read_ahead: int = 4

    async def __call__(self, files: Sequence[SourceFile]) -> AsyncGenerator[FileOutcome, None]:
        """This will yield one outcome a file, as soon as the file can be found by a search.

        Everything yielded is durable when the iteration ends. Files with something wrong are yielded as
        FAILED with the reason; the others go on.

        Raises:
            UnavailableError: a part is away. Files yielded before are stored; run it again for the others.
        """
        generation = await self.ensure_generation()
        group: list[_Ready] = []
        async with aclosing(self._read_all(files, generation=generation)) as steps:
            async for step in steps:
                if isinstance(step, FileOutcome):
                    yield step
                    continue
                group.append(step)
                if sum(len(ready.prepared.chunks) for ready in group) >= self.group_chunks:
                    for outcome in await self._store(group, generation=generation):
                        yield outcome
                    group = []
        for outcome in await self._store(group, generation=generation):
            yield outcome
        await self.store.finish(generation)

    async def _read_all(
        self, files: Sequence[SourceFile], *, generation: Generation
    ) -> AsyncGenerator[FileOutcome | _Ready, None]:
        remaining = iter(files)
        ahead = deque(
            asyncio.create_task(self._read(file, generation=generation))
            for file in islice(remaining, self.read_ahead)
        )
        try:
            while ahead:
                step = await ahead.popleft()
                for file in islice(remaining, 1):
                    ahead.append(asyncio.create_task(self._read(file, generation=generation)))
                yield step
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    async def _read(self, file: SourceFile, *, generation: Generation) -> FileOutcome | _Ready:
        began = self.clock.seconds()
        document_id = document_id_for(file.place)
        try:
            content = await asyncio.to_thread(file.content)
            known = await self.library.content_hashes([document_id], generation=generation.name)
            fingerprint = await asyncio.to_thread(file.fingerprint, content)
            if known.get(document_id) == fingerprint:
                return self._outcome(file, Outcome.UNCHANGED, began)
            prepared = await self.prepare(file, content, fingerprint=fingerprint, generation=generation)
        except InvalidInputError as error:
            return self._outcome(file, Outcome.FAILED, began, error=error)
        outcome = Outcome.CHANGED if document_id in known else Outcome.ADDED
        return _Ready(file, prepared, outcome, began, self.clock.seconds())

    async def _store(self, group: Sequence[_Ready], *, generation: Generation) -> Sequence[FileOutcome]:
        """Store a group; where the index refuses a document, one by one, so that it alone fails."""
        try:
            if group:
                await self.store([ready.prepared for ready in group], generation=generation)
        except InvalidInputError as error:
            if len(group) == 1:
                return [self._outcome(group[0].file, Outcome.FAILED, group[0].began, error=error)]
            alone = [await self._store([ready], generation=generation) for ready in group]
            return [outcome for outcomes in alone for outcome in outcomes]
        return [self._stored(ready) for ready in group]

    def _stored(self, ready: _Ready) -> FileOutcome:
        parsed = ready.prepared.document.parsed
        return replace(
            self._outcome(ready.file, ready.outcome, ready.began),
            chunks=len(ready.prepared.chunks),
            characters=len(parsed.text),
            notes=parsed.notes,
            reading_seconds=ready.read - ready.began,
        )

    def _outcome(
        self, file: SourceFile, outcome: Outcome, began: float, *, error: InvalidInputError | None = None
    ) -> FileOutcome:
        seconds = self.clock.seconds() - began
        return FileOutcome(file, outcome, document_id_for(file.place), 0, seconds, error)

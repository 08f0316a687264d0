"""Turn a file into a document with its chunks, ready to be embedded."""

import asyncio
from dataclasses import dataclass, replace

from rag.domain.chunking import chunk_document
from rag.domain.documents import Chunk, Document, document_id_for
from rag.ports.clock import Clock
from rag.ports.files import SourceFile
from rag.ports.library import Generation
from rag.ports.models import SentenceSplitter, Tokenizer
from rag.ports.parsing import DocumentParser


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A document and its chunks, in nobody's store yet."""

    document: Document
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDocument:
    """Parse, then cut by the generation's recipe; all CPU-bound work is done off the event loop."""

    parser: DocumentParser
    splitter: SentenceSplitter
    tokenizer: Tokenizer
    clock: Clock

    async def __call__(
        self, file: SourceFile, content: bytes, *, fingerprint: str, generation: Generation
    ) -> PreparedDocument:
        """This will read `content`, whose fingerprint is given, as the document that `file` names.

        Raises:
            InvalidInputError: a subclass of ports.parsing says what is wrong with the file.
        """
        parsed = await self.parser.parse(file.source, content)
        said, now = file.description, self.clock.now()
        document = Document(
            id=document_id_for(file.place),
            source=file.source,
            file_path=file.file_path,
            content_hash=fingerprint,
            size_bytes=len(content),
            parsed=replace(
                parsed,
                title=said.title or parsed.title,
                language=said.language or parsed.language,
                dated=said.dated or parsed.dated or file.modified or now,
                metadata={**parsed.metadata, **said.metadata},
                notes=(*parsed.notes, *said.notes),
            ),
            created_at=now,
            updated_at=now,
        )
        return PreparedDocument(document, await asyncio.to_thread(self._chunks, document, generation))

    def _chunks(self, document: Document, generation: Generation) -> tuple[Chunk, ...]:
        text = document.parsed.text
        return chunk_document(
            document,
            generation=generation.name,
            recipe=generation.recipe.chunking,
            token_starts=self.tokenizer.token_starts(text),
            sentence_spans=self.splitter.sentence_spans(text),
        )

"""How does an embedding model serve many callers on this machine at once?"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from rag.adapters.embedder.batching import Frame, Window, batches, join, padded
from rag.adapters.embedder.lane import Lane
from rag.adapters.embedder.network import Encoded, Network
from rag.adapters.embedder.token_vectors import TextTokens, TokenVectors
from rag.adapters.embedder.wordpieces import WordPieces
from rag.domain.recipe import ModelIdentity
from rag.ports.models import Vectors

G = TypeVar("G")
T = TypeVar("T")

# Tokenising this many texts at a time keeps a large request from holding a thread for seconds.
_TOKENISED_AT_ONCE: Final = 256
# A comparison takes time in proportion to both lengths: of a question that fills pages its beginning counts,
# and few texts at a time are compared, so that others have their turn in between.
_MOST_COMPARED: Final = 256
_COMPARED_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory.

    Attributes:
        documents: runs in as many threads at once as the embedder is given.
        questions: the same network once more with one thread of its own, so that a question never waits for
            a batch that runs; under full load that is 4 ms in place of a batch's 100 (it costs some 10 MB).
    """

    identity: ModelIdentity
    pieces: WordPieces
    documents: Network
    questions: Network
    document_frame: Frame
    question_frame: Frame
    padding_id: int


@dataclass(frozen=True, slots=True)
class Matches:
    """How well each of a question's tokens is met by each text.

    Attributes:
        ids: the question's token numbers, of shape (tokens,).
        best: float32 of shape (texts, tokens): the best cosine among the text's tokens.
        present: bool of shape (texts, tokens): whether the text holds that very token.
    """

    ids: npt.NDArray[np.int64]
    best: Vectors
    present: npt.NDArray[np.bool_]


class LocalEmbedder:
    """Embeds in threads of its own; implements Embedder and Tokenizer. Close it to stop them."""

    def __init__(
        self, model: LoadedModel, *, batch_size: int, threads: int, token_vectors: TokenVectors
    ) -> None:
        self._model = model
        self._batch_size = max(batch_size, 1)
        self._at_once = 2 * threads
        self._documents = Lane("documents", threads=threads)
        self._questions = Lane("questions", threads=1)
        self._token_vectors = token_vectors

    @property
    def identity(self) -> ModelIdentity:
        """Which model, in which arithmetic."""
        return self._model.identity

    @property
    def vocabulary_size(self) -> int:
        """How many different tokens there are."""
        return self._model.pieces.vocabulary_size()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """This will embed documents' texts in length-sorted batches, by windows where they are long.

        Returns:
            float32 of shape (texts, dimension), each row of length 1, in the order of `texts`.

        Raises:
            EmbedderUnavailableError: the network failed, the queue is full, or the embedder is closed.
        """
        model = self._model
        if not texts:
            return np.zeros((0, model.identity.dimension), dtype=np.float32)
        windows = await self._windows(texts, urgent=False)
        groups = batches(windows, batch_size=self._batch_size)
        encoded = await self._each(groups, lambda group: self._encode(model.documents, group).sentences)
        ordered = [window for group in groups for window in group]
        return join(len(texts), ordered, np.concatenate(encoded))

    async def embed_question(self, text: str) -> Vectors:
        """This will embed one question ahead of any documents.

        Returns:
            float32 of shape (dimension,), of length 1.

        Raises:
            EmbedderUnavailableError: the network failed, the queue is full, or the embedder is closed.
        """

        def work() -> Vectors:
            groups = self._question_groups(text)
            encoded = [self._encode(self._model.questions, group).sentences for group in groups]
            windows = [window for group in groups for window in group]
            return join(1, windows, np.concatenate(encoded)).reshape(-1)

        return await asyncio.wrap_future(self._questions.submit(work))

    def token_starts(self, text: str) -> Sequence[int]:
        """This will give the character at which every token of `text` starts, special tokens left out.

        Nothing is truncated. CPU-bound, about a second for three million characters: call it off the event
        loop.
        """
        return self._model.pieces.starts(text)

    async def match(self, question: str, texts: Sequence[str]) -> Matches:
        """This will compare every token of the question with every token of every text.

        It goes ahead of documents that wait. Special tokens and prompts take no part, nor does what a
        question has beyond its first 256 tokens.

        Raises:
            EmbedderUnavailableError: the network failed, the queue is full, or the embedder is closed.
        """
        ids, wanted = await asyncio.wrap_future(self._questions.submit(lambda: self._question(question)))
        ids, wanted = ids[:_MOST_COMPARED], wanted[:_MOST_COMPARED]
        tokens = await self._tokens_of(texts)

        def compare(some: Sequence[TextTokens]) -> list[tuple[Vectors, npt.NDArray[np.bool_]]]:
            return [(each.best(wanted), np.isin(ids, each.ids)) for each in some]

        slices = [
            tokens[first : first + _COMPARED_AT_ONCE] for first in range(0, len(tokens), _COMPARED_AT_ONCE)
        ]
        found = [one for some in await self._each(slices, compare, urgent=True) for one in some]
        shape = (len(texts), len(ids))
        best = np.reshape([best for best, _ in found], shape).astype(np.float32)
        return Matches(ids, best, np.reshape([present for _, present in found], shape).astype(np.bool_))

    def close(self) -> None:
        """This will fail what waits and stop the threads; again is harmless."""
        self._documents.close()
        self._questions.close()

    async def _windows(self, texts: Sequence[str], *, urgent: bool) -> list[Window]:
        windows: list[Window] = []
        for first in range(0, len(texts), _TOKENISED_AT_ONCE):
            part = list(texts[first : first + _TOKENISED_AT_ONCE])

            def work(first: int = first, part: Sequence[str] = part) -> list[Window]:
                frame = self._model.document_frame
                rows = enumerate(self._model.pieces.ids(part), start=first)
                return [window for text, ids in rows for window in frame.windows(text, ids)]

            windows += await asyncio.wrap_future(self._documents.submit(work, urgent=urgent))
        return windows

    async def _each(self, groups: Sequence[G], work: Callable[[G], T], *, urgent: bool = False) -> list[T]:
        return await self._documents.each(groups, work, at_once=self._at_once, urgent=urgent)

    def _question_groups(self, text: str) -> list[list[Window]]:
        frame = self._model.question_frame
        windows = list(frame.windows(0, self._model.pieces.ids([text])[0]))
        return batches(windows, batch_size=self._batch_size)

    def _question(self, text: str) -> tuple[npt.NDArray[np.int64], Vectors]:
        ids, vectors = [], []
        for group in self._question_groups(text):
            tokens = self._encode(self._model.questions, group).tokens
            for row, window in enumerate(group):
                own = slice(window.first, window.last)
                ids.append(window.ids[own])
                vectors.append(tokens[row, own].copy())
        return np.concatenate(ids), np.concatenate(vectors)

    async def _tokens_of(self, texts: Sequence[str]) -> Sequence[TextTokens]:
        """Read what is not kept yet, each text once."""
        known = {text: kept for text in texts if (kept := self._token_vectors.get(text)) is not None}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        windows = await self._windows(new, urgent=True)
        groups = batches(windows, batch_size=self._batch_size)
        pieces: list[list[TextTokens]] = [[] for _ in new]
        for group, rows in zip(groups, await self._each(groups, self._tokens, urgent=True), strict=True):
            for window, row in zip(group, rows, strict=True):
                pieces[window.text].append(row)
        for text, parts in zip(new, pieces, strict=True):
            known[text] = _joined(parts, dimension=self.identity.dimension)
            self._token_vectors.put(text, known[text])
        return [known[text] for text in texts]

    def _tokens(self, group: Sequence[Window]) -> list[TextTokens]:
        tokens = self._encode(self._model.documents, group).tokens
        own = [slice(window.first, window.last) for window in group]
        return [
            TextTokens(window.ids[part].copy(), tokens[row, part].astype(np.float16))
            for row, (window, part) in enumerate(zip(group, own, strict=True))
        ]

    def _encode(self, network: Network, group: Sequence[Window]) -> Encoded:
        model = self._model
        return network(*padded(group, padding_id=model.padding_id, longest=model.document_frame.window))


def _joined(parts: Sequence[TextTokens], *, dimension: int) -> TextTokens:
    """Put the windows of a text together: their order does not matter to whoever looks for a best one."""
    nothing = TextTokens(np.zeros(0, dtype=np.int64), np.zeros((0, dimension), dtype=np.float16))
    return TextTokens(
        np.concatenate([part.ids for part in parts or [nothing]]),
        np.concatenate([part.vectors for part in parts or [nothing]]),
    )

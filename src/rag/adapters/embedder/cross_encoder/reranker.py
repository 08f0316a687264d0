"""Which texts answer a question best, judged by a network that reads both together?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.adapters.embedder.batching import Window, batches
from rag.adapters.embedder.cross_encoder.networks import PairNetwork
from rag.adapters.embedder.cross_encoder.pairs import PairFrame, Pairs, verdicts
from rag.adapters.embedder.lane import Lane
from rag.adapters.embedder.wordpieces import WordPieces
from rag.ports.models import EmbedderUnavailableError, RerankerUnavailableError


@dataclass(frozen=True, slots=True)
class LoadedCrossEncoder:
    """A cross-encoder in memory.

    Attributes:
        identity: name, arithmetic and fingerprint, such as `ms-marco-MiniLM-L6-v2/fp32/53aa51172d14`.
    """

    name: str
    identity: str
    pieces: WordPieces
    frame: PairFrame
    network: PairNetwork


class CrossEncoderReranker:
    """Scores pairs in threads of its own; implements Reranker. Close it to stop them.

    Documents that wait for their vectors wait elsewhere, so no question ever stands behind them.
    """

    def __init__(self, model: LoadedCrossEncoder, *, batch_size: int, threads: int) -> None:
        self._model = model
        self._batch_size = max(batch_size, 1)
        self._at_once = 2 * threads
        self._pairs = Lane("pairs", threads=threads)

    @property
    def name(self) -> str:
        """What the model is called."""
        return self._model.name

    @property
    def identity(self) -> str:
        """Which model, in which arithmetic, with which weights."""
        return self._model.identity

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """This will give one score a text, in order, from 0 to 1; higher is better.

        A text too long for the network's window is judged by windows, and its best one counts.

        Raises:
            RerankerUnavailableError: the network failed, too many wait, or the reranker is closed.
        """
        if not texts:
            return []
        try:
            return await self._score(question, list(texts))
        except EmbedderUnavailableError as error:
            raise RerankerUnavailableError(f"The reranker {self.name} did not answer: {error}") from error

    def close(self) -> None:
        """This will fail what waits and stop the threads; again is harmless."""
        self._pairs.close()

    async def _score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        def pair() -> Pairs:
            asked, *rows = self._model.pieces.ids([question, *texts])
            return self._model.frame.pairs(asked, rows)

        # Tokenising is quick and lets batches of others start, so it goes ahead of them.
        pairs = await asyncio.wrap_future(self._pairs.submit(pair, urgent=True))
        groups = batches(pairs.windows, batch_size=self._batch_size)
        judged = await self._pairs.each(groups, self._judge, at_once=self._at_once)
        scores = [score for group in judged for score in group]
        return pairs.joined(scores, [window for group in groups for window in group])

    def _judge(self, group: Sequence[Window]) -> list[float]:
        logits = self._model.network(*self._model.frame.batch(group))
        if not np.isfinite(logits).all():
            raise EmbedderUnavailableError("The network gave what is no number.")
        return verdicts(logits)

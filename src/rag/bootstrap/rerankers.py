"""What judges passages once more before they are read?"""

from contextlib import AsyncExitStack

from rag.adapters.embedder import (
    CrossEncoderReranker,
    LateInteractionReranker,
    LocalEmbedder,
    load_cross_encoder,
)
from rag.ports.models import ModelLoadError, Reranker
from rag.settings import LATE_INTERACTION, NO_RERANKER, Settings


def load_reranker(settings: Settings, embedder: LocalEmbedder) -> Reranker | None:
    """This will load what RERANKER_MODEL names: late interaction by `embedder`, a cross-encoder, or nothing.

    A cross-encoder takes seconds to load: call this off the event loop. The sentences of an answer are
    always chosen by late interaction, whatever judges the passages.

    Raises:
        ModelLoadError: the cross-encoder cannot be loaded; the message names the setting.
    """
    wanted = settings.reranker_model
    if wanted == NO_RERANKER:
        return None
    if wanted == LATE_INTERACTION:
        return LateInteractionReranker(embedder)
    try:
        return load_cross_encoder(
            wanted,
            batch_size=settings.batch_size,
            threads=settings.inference_threads,
            cache_dir=settings.data_dir / "models",
        )
    except ModelLoadError as error:
        raise ModelLoadError(f"RERANKER_MODEL={wanted} cannot be used: {error}") from error


def close_with(stack: AsyncExitStack, reranker: Reranker | None) -> None:
    """This will have `stack` stop the threads of a reranker that has its own."""
    if isinstance(reranker, CrossEncoderReranker):
        stack.callback(reranker.close)


def reranker_name(reranker: Reranker | None) -> str:
    """This will name a reranker as RankingRecipe does: a cross-encoder with arithmetic and fingerprint."""
    if reranker is None:
        return NO_RERANKER
    return reranker.identity if isinstance(reranker, CrossEncoderReranker) else LATE_INTERACTION

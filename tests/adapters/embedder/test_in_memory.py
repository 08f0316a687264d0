"""The stand-in counts words, the same way in every process."""

import asyncio
import subprocess
import sys

import numpy as np

from rag.adapters.in_memory.embedder import InMemoryEmbedder

CODE = (
    "import asyncio; from rag.adapters.in_memory.embedder import InMemoryEmbedder as E; "
    "print(asyncio.run(E().embed_question('The quick fox')).tobytes().hex())"
)


async def test_texts_that_share_words_are_near() -> None:
    """Vectors have length 1, and shared words bring them together."""
    embedder = InMemoryEmbedder(dimension=256)
    cat, also, tax = await embedder.embed(["the cat sleeps", "a cat sleeps here", "tax rates rose"])
    assert cat @ also > 0.4 > cat @ tax
    assert abs(float(np.linalg.norm(tax)) - 1) < 1e-6
    np.testing.assert_array_equal(await embedder.embed_question("The CAT sleeps"), cat)


async def test_every_process_agrees() -> None:
    """No seed of the interpreter's own gets into the vectors."""
    here = await InMemoryEmbedder().embed_question("The quick fox")
    arguments = [sys.executable, "-c", CODE]
    there = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here.tobytes().hex()


async def test_nothing_has_a_direction_too() -> None:
    """An empty text has a vector, and no texts have none."""
    embedder = InMemoryEmbedder(dimension=8)
    assert np.linalg.norm(await embedder.embed_question("")) == 1
    assert (await embedder.embed([])).shape == (0, 8)
    assert list(InMemoryEmbedder().token_starts("a b, c")) == [0, 2, 3, 5]

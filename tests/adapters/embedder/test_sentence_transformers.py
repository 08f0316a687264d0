"""With the extra installed, sentence-transformers runs what we do not build, and agrees with what we do."""

from pathlib import Path

import pytest

from rag.adapters.embedder import Runtime
from tests.adapters.embedder.conftest import Load


async def test_it_agrees_with_numpy(tiny: Path, load: Load) -> None:
    """The same directory gives the same vectors under torch."""
    pytest.importorskip("sentence_transformers", reason="the extra [torch] is not installed")
    torch, plain = load(tiny, runtime=Runtime.SENTENCE_TRANSFORMERS), load(tiny, runtime=Runtime.NUMPY)
    texts = ["a short text", "a longer one, of several windows " * 10, ""]
    cosine = ((await torch.embed(texts)) * (await plain.embed(texts))).sum(axis=1)
    assert cosine.min() > 0.99999
    assert torch.identity.precision == "fp32-torch"

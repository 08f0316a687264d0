"""How does sentence-transformers run a model that we do not build ourselves, or a GPU?"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from rag.adapters.embedder.network import Encoded, TokenIds
from rag.adapters.embedder.numpy_network import unit
from rag.ports.models import EmbedderUnavailableError, ModelLoadError

PRECISION: Final = "fp32-torch"
_PACKAGE: Final = "sentence_transformers"


def is_installed() -> bool:
    """This will say whether the extra `[torch]` is there, without importing it."""
    return importlib.util.find_spec(_PACKAGE) is not None


@contextmanager
def loaded_by_torch(directory: Path) -> Iterator[None]:
    """This will stand around the loading of a model by the extra `[torch]`, which takes seconds to import.

    Raises:
        ModelLoadError: the extra is not installed, or the model cannot be loaded.
    """
    if not is_installed():
        raise ModelLoadError(
            "This model wants sentence-transformers: install the extra `[torch]` (rag-system[torch])."
        )
    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise ModelLoadError(f"sentence-transformers cannot load {directory.name}: {error}") from error


class SentenceTransformersNetwork:
    """A SentenceTransformer's modules from token numbers on: texts are cut and batched by us."""

    def __init__(self, directory: Path) -> None:
        with loaded_by_torch(directory):
            # Here and not above: both come with an extra and take seconds to import.
            import sentence_transformers  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415
            import torch  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415

            self._torch: Any = torch
            self._model: Any = sentence_transformers.SentenceTransformer(
                str(directory), local_files_only=True
            )
        self._model.eval()
        probe = np.ones((1, 3), dtype=np.int64)
        self._dimension = int(self(probe, probe).sentences.shape[1])

    @property
    def dimension(self) -> int:
        """Length of its vectors."""
        return self._dimension

    def __call__(self, ids: TokenIds, mask: TokenIds) -> Encoded:
        """This will encode `ids` of shape (batch, length), where `mask` is 1 at tokens and 0 at padding.

        Raises:
            EmbedderUnavailableError: torch failed, for instance for want of memory.
        """
        torch, device = self._torch, self._model.device
        features = {
            "input_ids": torch.from_numpy(ids).to(device),
            "attention_mask": torch.from_numpy(mask).to(device),
        }
        try:
            with torch.inference_mode():
                outputs = self._model(features)
        except RuntimeError as error:
            raise EmbedderUnavailableError(f"torch failed on a batch: {error}") from error
        return Encoded(
            sentences=unit(outputs["sentence_embedding"].float().cpu().numpy()),
            tokens=unit(outputs["token_embeddings"].float().cpu().numpy()),
        )

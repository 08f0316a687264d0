"""How do texts become vectors on this machine, without torch and without a network?"""

from rag.adapters.embedder.cross_encoder import CrossEncoderReranker, load_cross_encoder
from rag.adapters.embedder.late_interaction import LateInteractionReranker
from rag.adapters.embedder.loading import Runtime, load_embedder
from rag.adapters.embedder.local import LocalEmbedder

__all__ = [
    "CrossEncoderReranker",
    "LateInteractionReranker",
    "LocalEmbedder",
    "Runtime",
    "load_cross_encoder",
    "load_embedder",
]

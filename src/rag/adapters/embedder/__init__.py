"""How do texts become vectors on this machine, without torch and without a network?"""

from rag.adapters.embedder.late_interaction import LateInteractionReranker
from rag.adapters.embedder.loading import Runtime, load_embedder
from rag.adapters.embedder.local import LocalEmbedder

__all__ = ["LateInteractionReranker", "LocalEmbedder", "Runtime", "load_embedder"]

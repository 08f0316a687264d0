"""How does a network that reads a question and a text together judge texts, on this machine?"""

from rag.adapters.embedder.cross_encoder.loading import load_cross_encoder
from rag.adapters.embedder.cross_encoder.reranker import CrossEncoderReranker

__all__ = ["CrossEncoderReranker", "load_cross_encoder"]

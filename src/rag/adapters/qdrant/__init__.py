"""Search in Qdrant: a server by its URL, or the embedded engine by its socket."""

from rag.adapters.qdrant.connection import connect
from rag.adapters.qdrant.index import QdrantSearchIndex

__all__ = ["QdrantSearchIndex", "connect"]

"""Which files do ZIP and tar archives hold, and what stands in them?"""

from rag.adapters.archives.limits import Limits
from rag.adapters.archives.reading import FileArchives

__all__ = ["FileArchives", "Limits"]

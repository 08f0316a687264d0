"""What stands in folders on this machine's disk, and what stands there no more?"""

from rag.adapters.folders.finder import FolderFinder

__all__ = ["FolderFinder"]

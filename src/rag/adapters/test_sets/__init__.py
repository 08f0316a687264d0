"""Which test sets, corpora and earlier runs lie on disk, in the formats of docs/how-to/evaluate.md?"""

from rag.adapters.test_sets.corpora import corpus_files
from rag.adapters.test_sets.disk import verify_writable, write_atomically
from rag.adapters.test_sets.files import FileTestSets
from rag.adapters.test_sets.runs import FileRuns

__all__ = ["FileRuns", "FileTestSets", "corpus_files", "verify_writable", "write_atomically"]

"""Show how a document was cut: `rag chunks inspect`, under the name that the runbook uses."""

import os
import sys
from pathlib import Path

rag = Path(__file__).resolve().parents[1] / "rag"
os.execv(rag, [str(rag), "chunks", "inspect", *sys.argv[1:]])  # noqa: S606 - our own program, without a shell

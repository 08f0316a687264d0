"""Measure retrieval, citations and answers: `rag evaluate`, under the name that the runbook uses."""

import os
import sys
from pathlib import Path

rag = Path(__file__).resolve().parents[1] / "rag"
os.execv(rag, [str(rag), "evaluate", *sys.argv[1:]])  # noqa: S606 - our own program, without a shell

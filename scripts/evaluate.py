"""Measure retrieval, citations and answers: `rag evaluate`, under the name that the runbook uses."""

import sys

from rag.interfaces.main import main

main(["evaluate", *sys.argv[1:]])

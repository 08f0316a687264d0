"""Show how a document was cut: `rag chunks inspect`, under the name that the runbook uses."""

import sys

from rag.interfaces.main import main

main(["chunks", "inspect", *sys.argv[1:]])

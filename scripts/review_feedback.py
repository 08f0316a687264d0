"""Look at badly rated answers: `rag feedback review`, under the name that the runbook uses."""

import sys

from rag.interfaces.main import main

main(["feedback", "review", *sys.argv[1:]])

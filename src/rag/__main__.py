"""Run the command line: `python -m rag` is `rag`."""

from rag.interfaces.main import main

if __name__ == "__main__":
    main()

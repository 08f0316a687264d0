"""Run the engine: `python -m rag.adapters.embedded.engine --data-dir DIR --socket PATH`."""

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

import uvloop

from rag.adapters.embedded.engine.catalogue import CatalogueError
from rag.adapters.embedded.engine.process import CannotStartError, EngineProcess, listening, only_opener


def main() -> int:
    """This will serve until told to stop, and give the exit code: 0, or 1 when it could not serve."""
    parent = os.getppid()
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    data_dir = arguments.data_dir.absolute()
    try:
        with only_opener(data_dir), listening(arguments.socket) as listener:
            process = EngineProcess(data_dir=data_dir, parent=None if arguments.no_parent_watch else parent)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(process.serve(listener))
    except (CannotStartError, CatalogueError) as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400 - the sentence is the whole story
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rag.adapters.embedded.engine", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the collections are kept")
    parser.add_argument("--socket", type=Path, required=True, help="the Unix socket to listen on")
    parser.add_argument(
        "--no-parent-watch",
        action="store_true",
        help="keep running when the process that started this is gone",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

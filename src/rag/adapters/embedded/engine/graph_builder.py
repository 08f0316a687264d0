"""How is a better built copy of a shard made, in a process that may take its time and may be killed?

Run as `python -m rag.adapters.embedded.engine.graph_builder SOURCE TARGET PARENT_PID`. It prints `copied`
when the source may change again, and at the end `built N` with the vectors that are indexed now, or
`unchanged` when there was nothing to build.
"""

import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Final

import qdrant_edge as edge

from rag.adapters.embedded.engine.files import copy_tree, sync_tree

_LOOK_SECONDS: Final = 0.05
_NICENESS: Final = 10  # searches come first


def main() -> int:
    """This will build the copy, and stop as soon as whoever asked for it is gone."""
    source, target, asked_by = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    if os.getppid() != asked_by:  # gone before we began: nobody would ever remove the copy
        return 1
    worker = os.fork()
    if worker == 0:
        os._exit(_work(source, target))
    return _watch(worker, asked_by=asked_by)


def _watch(worker: int, *, asked_by: int) -> int:
    # The engine holds the interpreter while it builds, so the worker cannot look around by itself.
    while True:
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if os.getppid() != asked_by:
            os.kill(worker, signal.SIGKILL)
        time.sleep(_LOOK_SECONDS)


def _work(source: Path, target: Path) -> int:
    try:
        os.nice(_NICENESS)
        copy_tree(source, target)
        _say("copied")
        shard = edge.EdgeShard.load(str(target))
        changed = shard.optimize()
        shard.flush()
        rows = shard.info().indexed_vectors_count
        shard.close()
        shutil.rmtree(target / "temp_segments", ignore_errors=True)
        sync_tree(target)
        _say(f"built {rows}" if changed else "unchanged")
    except BaseException:  # noqa: BLE001 - the forked half must end here, whatever happened, and say why
        traceback.print_exc()
        return 1
    return 0


def _say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    sys.exit(main())

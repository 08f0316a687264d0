"""Where do the command line and the HTTP interface meet?"""

import sys
from collections.abc import Sequence
from typing import NoReturn

from rag.interfaces.cli.main import run


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """This will carry out a command line, or the process's own, and exit with its code."""
    sys.exit(run(arguments, serve_http=_serve))


def _serve(*, host: str, port: int, works: bool = True) -> None:
    # Loaded here, not above: one command needs them, and `rag --help` must not wait.
    from rag.bootstrap import load_settings  # noqa: PLC0415
    from rag.interfaces.http.app import serve  # noqa: PLC0415

    serve(load_settings(), host=host, port=port, works=works)

"""rag serve: answer over HTTP until it is stopped."""

from typing import Annotated

import typer

from rag.interfaces.cli.options import DEFAULT_PORT, LOCAL_HOST, Host, Port, examples
from rag.interfaces.cli.session import Invocation

Worker = Annotated[
    bool,
    typer.Option("--worker/--no-worker", help="Whether to work on uploads, or leave them to `rag work`."),
]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(
        epilog=examples("rag serve", "rag serve --host 0.0.0.0 --port 8080", "rag serve --no-worker")
    )(serve)


def serve(
    context: typer.Context, host: Host = LOCAL_HOST, port: Port = DEFAULT_PORT, worker: Worker = True
) -> None:
    """Answer over HTTP until it is stopped with Ctrl-C or SIGTERM.

    The other commands can be used at the same time. There are no API keys in this version: put a proxy that
    checks who is asking in front of it before you listen on anything but 127.0.0.1.
    """
    context.ensure_object(Invocation).serve(host=host, port=port, works=worker)

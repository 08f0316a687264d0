"""rag work: work on uploads without answering anybody, until it is stopped."""

from typing import Annotated

import typer

from rag.interfaces.cli.options import examples

Once = Annotated[
    bool, typer.Option("--once", help="End when no job is left that no other worker is busy with.")
]


def register(app: typer.Typer) -> None:
    """This will add the command."""
    app.command(epilog=examples("rag work", "rag work --once"))(work)


def work(once: Once = False) -> None:
    """Work on uploads until it is stopped with Ctrl-C or SIGTERM.

    Any number of workers may run beside one another and beside `rag serve`. One that is stopped finishes the
    files in work and leaves the others to the next worker.
    """
    # Loaded here, not above: `rag --help` must not wait for the model's runtime.
    from rag.bootstrap import load_settings  # noqa: PLC0415
    from rag.interfaces.worker import work as work_on_jobs  # noqa: PLC0415

    work_on_jobs(load_settings(), until_empty=once)

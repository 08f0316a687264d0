"""rag index: look after what searches."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rag.interfaces.cli.exit_codes import FAILED
from rag.interfaces.cli.options import Json, examples
from rag.interfaces.cli.output import counted, note, say, say_json, waiting
from rag.interfaces.cli.session import application, run

if TYPE_CHECKING:  # a type alone: `rag --help` must not wait for what its module brings
    from rag.services.verify_index import IndexVerification

Repair = Annotated[
    bool, typer.Option("--repair", help="Put back what is missing and remove what belongs to nobody.")
]


def register(app: typer.Typer) -> None:
    """This will add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the search index.")
    group.callback()(_no_further_options)
    group.command("verify", epilog=examples("rag index verify", "rag index verify --repair --json"))(verify)
    app.add_typer(group, name="index")


def _no_further_options() -> None:
    """Look after the search index."""


def verify(repair: Repair = False, as_json: Json = False) -> None:
    """Compare every chunk in PostgreSQL with every point in the live index.

    The exit code is 1 when they differ and nothing was repaired. Questions, ingests and deletions go on
    meanwhile. Nothing is embedded again.
    """
    run(_verify(repair=repair, as_json=as_json))


async def _verify(*, repair: bool, as_json: bool) -> None:
    async with application(caught_up=False) as opened:
        live = await opened.stores.library.live_generation()
        if live is None:
            note("There is no index yet: ingest documents first.")
            return
        with waiting("Comparing …"):
            found = await opened.verify_index(live, repair=repair)
    if as_json:
        say_json({**asdict(found), "sound": found.sound, "repaired": repair and not found.sound})
    else:
        _say(found, repaired=repair)
    if not (found.sound or repair):
        raise typer.Exit(FAILED)


def _say(found: "IndexVerification", *, repaired: bool) -> None:
    say(f"{found.generation}: {counted(found.chunks, 'chunk')} compared.")
    if found.sound:
        say("Nothing is missing, and nothing is there that should not be.")
        return
    say(f"missing: {found.missing}; belonging to no document: {found.orphans}")
    say("Both were put right." if repaired else "Put it right with: rag index verify --repair")

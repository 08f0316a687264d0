"""Which options mean the same in every command that has them?"""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from rag.domain.question import DEFAULT_TOP_K, MAX_TOP_K, Filter, Question, RerankMode

Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")]
Words = Annotated[list[str], typer.Argument(metavar="QUESTION", help="What you want to know.")]
TopK = Annotated[int, typer.Option("--top-k", min=1, max=MAX_TOP_K, help="How many passages to read.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Answer from this document only; may be repeated."),
]
Rerank = Annotated[
    RerankMode,
    typer.Option("--rerank", help="Whether passages are judged once more: where it pays, always, or never."),
]
Session = Annotated[
    str | None,
    typer.Option("--session", metavar="NAME", help="A conversation; “And how long?” is read after it."),
]
MetadataPairs = Annotated[
    list[str] | None,
    typer.Option(
        "--metadata",
        metavar="KEY=VALUE",
        help="Answer only from documents with this metadata; may be repeated, and all must match.",
    ),
]

LOCAL_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8000
LOG_LEVEL_SETTING: Final = "RAG_LOG_LEVEL"


def question_of(
    words: Sequence[str],
    *,
    top_k: int = DEFAULT_TOP_K,
    sources: Sequence[str] | None = None,
    metadata: Sequence[str] | None = None,
    session: str | None = None,
    rerank: RerankMode = RerankMode.AUTO,
) -> Question:
    """This will make a question of what was typed.

    Raises:
        InvalidInputError: the question is empty or too long.
        typer.BadParameter: a pair of metadata is not KEY=VALUE.
    """
    narrowed = Filter(
        sources=frozenset(sources or ()), metadata=tuple(_pair(text) for text in metadata or ())
    )
    return Question.of(" ".join(words), top_k=top_k, filter_by=narrowed, session=session, rerank=rerank)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE.", param_hint="--metadata")
    return key, value


def examples(*lines: str) -> str:
    r"""This will lay out the last part of a command's help.

    >>> examples("rag serve")
    '\x08\nExamples:\n  rag serve'
    """
    # \b keeps the lines below it as they are.
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])

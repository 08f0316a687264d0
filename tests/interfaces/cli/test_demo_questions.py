"""The demo asks sensible questions of folders that it does not know."""

from datetime import UTC, datetime

from rag.domain.documents import Document, Heading, ParsedDocument, document_id_for
from rag.interfaces.cli.demo_questions import questions_about

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def document(source: str, *headings: str, title: str | None = None) -> Document:
    """Give a document with these headings."""
    parsed = ParsedDocument(
        text="text",
        media_type="text/plain",
        title=title,
        headings=tuple(Heading(level=2, title=heading, start=0) for heading in headings),
    )
    return Document(
        id=document_id_for(source),
        source=source,
        file_path=source,
        content_hash="",
        size_bytes=4,
        parsed=parsed,
        created_at=NOW,
        updated_at=NOW,
    )


def test_different_documents_take_turns() -> None:
    """Three documents give a question each, before one gives two."""
    asked = questions_about(
        [
            document("a.md", "Notice periods", "Sick leave"),
            document("b.md", "Travel costs"),
            document("c.md", "Who may sign?"),
        ]
    )
    assert asked == (
        "What do the documents say about Notice periods?",
        "What do the documents say about Travel costs?",
        "Who may sign?",
    )


def test_one_document_gives_all_three() -> None:
    """A folder with a single file is enough."""
    assert len(questions_about([document("a.md", "First part", "Second part", "Third part")])) == 3


def test_without_headings_the_title_or_the_name_is_asked_about() -> None:
    """Plain text files have nothing else."""
    assert questions_about(
        [document("notes/travel_costs-2026.txt"), document("b.txt", title="The lease")]
    ) == (
        "What do the documents say about travel costs 2026?",
        "What do the documents say about The lease?",
    )


def test_headings_that_say_little_are_passed_over() -> None:
    """One word, or a whole paragraph, makes no question."""
    (asked,) = questions_about([document("a.md", "Introduction", "word " * 20, title="Leave rules")])
    assert asked == "What do the documents say about Leave rules?"


def test_equal_questions_are_asked_once() -> None:
    """The same heading in every document is one question."""
    assert len(questions_about([document("a.md", "See also"), document("b.md", "See also")])) == 3

"""Is a document cut into pieces that are whole, bounded, exact and in order?"""

import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.domain.chunking import MAX_HEADING_LINE_CHARACTERS, chunk_document
from rag.domain.documents import Chunk, Document, Heading, Page, ParsedDocument, document_id_for, sha256_hex
from rag.domain.recipe import ChunkingRecipe, ChunkingStrategy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS_AND_SIGNS = re.compile(r"\w{1,6}|[^\w\s]")
SENTENCES = re.compile(r"[^\s.\n][^.\n]*\.?|\.")

PIECES = st.sampled_from(
    [
        "alpha",
        "beta ",
        "naïve ",
        "x" * 40,
        "数据",
        " ",
        "  ",
        "\n",
        "\n\n",
        ". ",
        ".",
        "--- ",
        "| 1 | 2 |\n",
        "7",
    ]
)
TEXTS = st.lists(PIECES, max_size=250).map("".join)
RECIPES = st.builds(
    ChunkingRecipe,
    strategy=st.sampled_from(ChunkingStrategy),
    size_tokens=st.integers(16, 60),
    overlap_tokens=st.integers(0, 7),
)


def spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Find where a pattern matches."""
    return [match.span() for match in pattern.finditer(text)]


def document(text: str, **parsed: object) -> Document:
    """Make a document of a text; `parsed` holds further fields of what was read."""
    read = ParsedDocument(text=text, media_type="text/plain", **parsed)  # type: ignore[arg-type]  # one test's fields
    return Document(
        id=document_id_for("guides/backup.md"),
        source="guides/backup.md",
        file_path=None,
        content_hash=sha256_hex(text.encode()),
        size_bytes=len(text),
        parsed=read,
        created_at=NOW,
        updated_at=NOW,
    )


def chunks_of(subject: Document, recipe: ChunkingRecipe) -> tuple[Chunk, ...]:
    """Cut a document with simple tokens and sentences."""
    text = subject.parsed.text
    return chunk_document(
        subject,
        generation="rag-0001-abcdef01",
        recipe=recipe,
        token_starts=[start for start, _ in spans(WORDS_AND_SIGNS, text)],
        sentence_spans=spans(SENTENCES, text),
    )


def recipe_of(strategy: ChunkingStrategy, size: int = 20, overlap: int = 0) -> ChunkingRecipe:
    """Make a recipe of a strategy."""
    return ChunkingRecipe(strategy=strategy, size_tokens=size, overlap_tokens=overlap)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Texts with headings, tables and pages at arbitrary places."""
    text = draw(TEXTS)
    places = sorted(draw(st.sets(st.integers(0, max(len(text) - 1, 0)), max_size=6))) if text else []
    lines = [place for place in places if place == 0 or text[place - 1] == "\n"]
    headings = tuple(Heading(draw(st.integers(1, 6)), f"Heading {n}", place) for n, place in enumerate(lines))
    tables = tuple(zip(places[::2], places[1::2], strict=False))
    pages = (Page(1, 0, len(text) // 2), Page(2, len(text) // 2, len(text)))
    return document(text, headings=headings, unbroken=tables, pages=pages)


@given(subject=documents(), recipe=RECIPES)
def test_every_letter_and_digit_is_in_a_chunk(subject: Document, recipe: ChunkingRecipe) -> None:
    """No letter and no digit of the text is lost, whatever the recipe."""
    text = subject.parsed.text
    covered = {place for chunk in chunks_of(subject, recipe) for place in range(chunk.start, chunk.end)}
    assert all(place in covered for place, character in enumerate(text) if character.isalnum())


@given(subject=documents(), recipe=RECIPES)
def test_chunks_are_exact_trimmed_pieces_in_order(subject: Document, recipe: ChunkingRecipe) -> None:
    """Offsets give the chunk's own text, without outer white space, and both ends move forward."""
    text = subject.parsed.text
    found = chunks_of(subject, recipe)
    for ordinal, chunk in enumerate(found):
        assert chunk.ordinal == ordinal
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip()
        assert any(character.isalnum() for character in chunk.text)
        assert chunk.embedded_text.endswith(chunk.text)
        assert chunk.embedding_hash == sha256_hex(chunk.embedded_text.encode())
    starts = [chunk.start for chunk in found]
    ends = [chunk.end for chunk in found]
    assert starts == sorted(set(starts))
    assert ends == sorted(set(ends))


@given(subject=documents(), recipe=RECIPES)
def test_size_and_overlap_are_bounded(subject: Document, recipe: ChunkingRecipe) -> None:
    """A chunk has at most the recipe's tokens, and shares at most its overlap with the one before."""
    tokens = spans(WORDS_AND_SIGNS, subject.parsed.text)
    found = chunks_of(subject, recipe)
    for chunk in found:
        inside = sum(1 for start, _ in tokens if chunk.start <= start < chunk.end)
        assert chunk.token_count == inside <= recipe.size_tokens
    for before, after in pairwise(found):
        shared = sum(1 for start, _ in tokens if after.start <= start < before.end)
        assert shared <= recipe.overlap_tokens


@given(subject=documents(), recipe=RECIPES)
def test_cutting_twice_gives_the_same_chunks(subject: Document, recipe: ChunkingRecipe) -> None:
    """The same document and recipe always give equal chunks with distinct ids."""
    found = chunks_of(subject, recipe)
    assert found == chunks_of(subject, recipe)
    assert len({chunk.id for chunk in found}) == len(found)


@example(text=f"{'0' * 20}\n000000", recipe=ChunkingRecipe(ChunkingStrategy.FIXED, 16, 0))
@given(text=st.text(max_size=60), recipe=RECIPES)
def test_tokens_that_share_a_character_do_not_break_the_size(text: str, recipe: ChunkingRecipe) -> None:
    """Byte-level tokens, several to a character, are counted and never cut through."""
    tokens = [place for place in range(len(text)) for _ in range(3)]
    found = chunk_document(
        document(text), generation="g", recipe=recipe, token_starts=tokens, sentence_spans=[]
    )
    assert all(chunk.token_count <= recipe.size_tokens for chunk in found)


@pytest.mark.parametrize("strategy", ChunkingStrategy)
@pytest.mark.parametrize("text", ["", " \n\n ", "--- *** ---\n| - |"])
def test_a_text_without_words_gives_no_chunk(text: str, strategy: ChunkingStrategy) -> None:
    """White space and symbols alone are not worth a chunk."""
    assert chunks_of(document(text), recipe_of(strategy)) == ()


def test_sentences_stay_whole_where_they_fit() -> None:
    """A chunk ends at the end of a sentence, and the next repeats whole sentences within the overlap."""
    text = " ".join(f"S{n} one two three four." for n in range(12))
    found = chunks_of(document(text), recipe_of(ChunkingStrategy.SENTENCE_AWARE, 20, 7))
    assert len(found) > 2
    assert all(chunk.text.endswith(".") and chunk.text.startswith("S") for chunk in found)
    assert all(after.start < before.end for before, after in pairwise(found))


def test_a_long_sentence_is_cut_at_white_space() -> None:
    """A sentence longer than a chunk is cut evenly, between words."""
    text = " ".join(["word"] * 50)
    found = chunks_of(document(text), recipe_of(ChunkingStrategy.SENTENCE_AWARE))
    assert [chunk.token_count for chunk in found] == [17, 17, 16]
    assert {word for chunk in found for word in chunk.text.split()} == {"word"}


def test_the_last_chunk_is_not_tiny() -> None:
    """When one short sentence would be left, the last two chunks share what there is."""
    text = " ".join(f"S{n} two three four." for n in range(4)) + " Last."
    sizes = [
        chunk.token_count for chunk in chunks_of(document(text), recipe_of(ChunkingStrategy.SENTENCE_AWARE))
    ]
    assert len(sizes) == 2
    assert min(sizes) >= 5


def test_a_table_that_fits_is_not_cut() -> None:
    """Rows that are marked as unbroken stand in one chunk together; without the mark they are cut."""
    rows = "\n".join(f"row{n} {n}" for n in range(8))
    text = f"Before one two three four five six.\n{rows}\nAfter."
    start = text.index("row0")
    marked = document(text, unbroken=((start, start + len(rows)),))
    recipe = recipe_of(ChunkingStrategy.SENTENCE_AWARE, 16)
    assert any(rows in chunk.text for chunk in chunks_of(marked, recipe))
    assert not any(rows in chunk.text for chunk in chunks_of(document(text), recipe))


def test_a_table_that_does_not_fit_is_cut_between_its_rows() -> None:
    """Code and tables longer than a chunk are cut at line ends only."""
    rows = "\n".join(f"row {n} of. this table" for n in range(12))
    found = chunks_of(document(rows, unbroken=((0, len(rows)),)), recipe_of(ChunkingStrategy.SENTENCE_AWARE))
    assert len(found) > 2
    assert all(chunk.text.startswith("row ") and chunk.text.endswith("table") for chunk in found)


SECTIONED = (
    "Backups\n" + "They are made every night and kept. " * 3 + "\n"
    "Restore\n" + "Stop the service before you begin it. " * 3 + "\n"
    "Drill\n" + "Rehearse it once in every single month. " * 3
)
SECTIONS = tuple(
    Heading(level, title, SECTIONED.index(f"{title}\n"))
    for level, title in ((1, "Backups"), (2, "Restore"), (2, "Drill"))
)


def test_heading_aware_chunks_do_not_cross_headings() -> None:
    """Each section gives its own chunks, named by the headings above it."""
    subject = document(SECTIONED, headings=SECTIONS)
    found = chunks_of(subject, recipe_of(ChunkingStrategy.HEADING_AWARE, 30))
    assert [chunk.section for chunk in found] == ["Backups", "Backups > Restore", "Backups > Drill"]
    assert [chunk.text.split("\n")[0] for chunk in found] == ["Backups", "Restore", "Drill"]


def test_heading_aware_merges_a_tiny_section_with_its_neighbour() -> None:
    """A heading with next to nothing under it goes together with its first subsection."""
    text = "Part\n\nChapter\nOne two three four five six seven."
    headings = (Heading(1, "Part", 0), Heading(2, "Chapter", text.index("Chapter")))
    found = chunks_of(document(text, headings=headings), recipe_of(ChunkingStrategy.HEADING_AWARE))
    assert [chunk.text for chunk in found] == [text]


def test_a_chunk_does_not_end_with_a_heading() -> None:
    """With sentences, a heading goes with what stands under it, and nothing is repeated before it."""
    text = "One two three four five six seven eight nine ten eleven.\nHeading\n" + "Text of it goes on. " * 4
    place = text.index("Heading")
    found = chunks_of(
        document(text, headings=(Heading(1, "Heading", place),)),
        recipe_of(ChunkingStrategy.SENTENCE_AWARE, 16, 7),
    )
    assert found[1].start == place


def test_title_and_section_stand_in_front_of_what_is_embedded() -> None:
    """The embedded text begins with title and section; a first heading equal to the title is left out."""
    headings = (Heading(1, "Backups", 0), *SECTIONS[1:])
    subject = document(SECTIONED, title="Backups", headings=headings)
    found = chunks_of(subject, recipe_of(ChunkingStrategy.HEADING_AWARE, 30))
    assert [chunk.section for chunk in found] == [None, "Restore", "Drill"]
    assert found[0].embedded_text == found[0].text
    assert found[1].embedded_text == f"Backups > Restore\n{found[1].text}"


def test_a_long_line_of_headings_is_cut_at_a_word() -> None:
    """The line in front of the embedded text has at most 120 characters and ends with a whole word."""
    subject = document("Some words.", title="Considerations " * 20)
    line, words = chunks_of(subject, recipe_of(ChunkingStrategy.SENTENCE_AWARE))[0].embedded_text.split("\n")
    assert words == "Some words."
    assert len(line) <= MAX_HEADING_LINE_CHARACTERS
    assert set(line.split()) == {"Considerations"}


def test_a_chunk_knows_the_page_it_starts_on() -> None:
    """Pages are found by the first character; a format without pages gives none."""
    text = "First page says this one thing. " * 3 + "\n" + "Second page says another thing. " * 3
    border = text.index("Second")
    paged = document(text, pages=(Page(7, 0, border), Page(8, border, len(text))))
    found = chunks_of(paged, recipe_of(ChunkingStrategy.SENTENCE_AWARE, 21))
    assert [chunk.page for chunk in found] == [7 if chunk.start < border else 8 for chunk in found]
    assert {chunk.page for chunk in found} == {7, 8}
    assert chunks_of(document(text), recipe_of(ChunkingStrategy.FIXED))[0].page is None


@pytest.mark.parametrize("strategy", ChunkingStrategy)
def test_a_text_in_a_broken_encoding_gives_no_chunk(strategy: ChunkingStrategy) -> None:
    """Nobody can find or read what was decoded wrongly, so it must not stand in anybody's way."""
    garbled = "\ufffd\ufffd\ufffd a \ufffd\ufffd b. " * 30
    assert chunks_of(document(garbled), recipe_of(strategy)) == ()

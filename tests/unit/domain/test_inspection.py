"""Does the inspection of chunks show what is odd, and nothing else?"""

from uuid import UUID

from rag.domain.documents import Chunk, document_id_for
from rag.domain.inspection import inspect_chunks

TEXT = "The first sentence is here. The second goes on. The third ends it.\nA new line."


def chunk(ordinal: int, start: int, end: int, *, text: str = TEXT, tokens: int = 20) -> Chunk:
    """Make a chunk of a stretch of text."""
    return Chunk(
        id=UUID(int=ordinal),
        document_id=document_id_for("a.txt"),
        ordinal=ordinal,
        start=start,
        end=end,
        text=text[start:end],
        page=None,
        section=None,
        token_count=tokens,
        embedded_text=text[start:end],
        embedding_hash="0" * 64,
    )


def test_whole_sentences_are_not_odd() -> None:
    """Chunks that begin and end with sentences or lines have no oddities, and nothing is uncovered."""
    second, line = TEXT.index("The second"), TEXT.index("A new")
    found = inspect_chunks(
        TEXT,
        [chunk(0, 0, second - 1), chunk(1, second, line - 1), chunk(2, line, len(TEXT))],
        window_tokens=256,
    )
    assert found.odd == ()
    assert found.uncovered_characters == 0


def test_a_cut_sentence_is_odd_on_both_sides() -> None:
    """A cut in the middle of a sentence shows at the end of one chunk and at the start of the next."""
    middle = TEXT.index("goes")
    found = inspect_chunks(TEXT, [chunk(0, 0, middle - 1), chunk(1, middle, len(TEXT))], window_tokens=256)
    assert [one.oddities for one in found.chunks] == [("ends mid-sentence",), ("starts mid-sentence",)]


def test_sizes_and_overlaps_are_counted() -> None:
    """Token sizes are summed up, and the overlap of neighbours is counted in characters."""
    found = inspect_chunks(TEXT, [chunk(0, 0, 47, tokens=20), chunk(1, 28, 66, tokens=30)], window_tokens=256)
    assert found.count == 2
    assert found.tokens is not None
    assert (found.tokens.least, found.tokens.mean, found.tokens.most) == (20, 25, 30)
    assert found.overlaps is not None
    assert found.overlaps.most == found.chunks[1].overlap == 19


def test_short_long_symbolic_and_repeated_chunks_are_odd() -> None:
    """Each of the other oddities is named."""
    text = "== -- == -- a\nSame line.\nSame line."
    found = inspect_chunks(
        text,
        [
            chunk(0, 0, 13, text=text, tokens=300),
            chunk(1, 14, 24, text=text, tokens=3),
            chunk(2, 25, 35, text=text),
        ],
        window_tokens=256,
    )
    assert [one.oddities for one in found.chunks] == [
        ("longer than the model's window", "mostly symbols"),
        ("very short",),
        ("duplicate of chunk 1",),
    ]


def test_words_in_no_chunk_are_reported() -> None:
    """What no chunk covers is given by place and counted without white space."""
    found = inspect_chunks(TEXT, [chunk(0, 0, 27)], window_tokens=256)
    assert TEXT[slice(*found.uncovered[0])] == "The"
    assert found.uncovered_characters == len("".join(TEXT[27:].split()))


def test_no_chunks_give_an_empty_report() -> None:
    """A document without chunks is described without figures."""
    found = inspect_chunks("", [], window_tokens=256)
    assert (found.count, found.tokens, found.overlaps, found.chunks) == (0, None, None, ())

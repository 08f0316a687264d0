"""What the chunks of many documents say together."""

from collections.abc import Sequence

from rag.domain.documents import Chunk, chunk_id_for, document_id_for, sha256_hex
from rag.domain.inspection import inspect_chunks
from rag.domain.survey import OddPlace, RepeatedText, Survey, Surveyor


def chunks_of(source: str, texts: Sequence[str]) -> tuple[str, list[Chunk]]:
    """Make a document of lines, each of which is a chunk."""
    text, chunks = "\n".join(texts), []
    for ordinal, words in enumerate(texts):
        start = text.index(words)
        chunks.append(
            Chunk(
                id=chunk_id_for(document_id_for(source), content_hash="", generation="g", ordinal=ordinal),
                document_id=document_id_for(source),
                ordinal=ordinal,
                start=start,
                end=start + len(words),
                text=words,
                page=None,
                section=None,
                token_count=len(words.split()),
                embedded_text=words,
                embedding_hash=sha256_hex(words.encode()),
            )
        )
    return text, chunks


def survey_of(**documents: Sequence[str]) -> Survey:
    """Survey documents, each given by its lines."""
    surveyor = Surveyor()
    for source, texts in documents.items():
        text, chunks = chunks_of(source, texts)
        surveyor.add(source, chunks, inspect_chunks(text, chunks, window_tokens=256))
    return surveyor.survey()


LONG = "This sentence has more than sixteen words so that it is by no means said to be very short."


def test_nothing_gives_an_empty_survey() -> None:
    """A library without documents has no sizes."""
    survey = survey_of()
    assert (survey.documents, survey.chunks, survey.tokens, survey.overlaps) == (0, 0, None, None)


def test_oddities_are_counted_with_examples() -> None:
    """Each kind is counted over all documents, and names where it can be looked at."""
    survey = survey_of(a=[LONG, "Short."], b=["Caf\ufffd."], c=[])
    assert survey.oddities == {"very short": 2, "broken encoding": 1}
    assert survey.examples["very short"] == (OddPlace("a", 1), OddPlace("b", 0))
    assert survey.without_chunks == ("c",)
    assert survey.chunks == 3


def test_texts_of_many_documents_are_named() -> None:
    """What stands in three documents is boilerplate or a copy; twice in one document counts once."""
    survey = survey_of(
        a=["All rights reserved.", "One."], b=["All rights reserved."], c=["All rights reserved.", "Two."]
    )
    assert survey.repeated == (RepeatedText("All rights reserved.", 3, OddPlace("a", 0)),)

"""Does every library keep a vector exactly as long as a chunk refers to it?"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.domain.documents import Chunk, Document
from rag.ports.library import Library
from tests.support.books import MODEL, RECIPE, cut, document

OTHER_MODEL = "another/fp32/0"


async def live(library: Library) -> str:
    """Make a first generation live and name it."""
    made = await library.add_generation(RECIPE)
    return (await library.make_live(made.name)).name


async def shelve(
    library: Library, whole: Document, *, generation: str, pieces: int = 2, model: str = MODEL.key
) -> list[str]:
    """Store vectors and then the document, as ingestion does, and give its chunks' hashes."""
    chunks = cut(whole, generation=generation, pieces=pieces)
    await store_vectors(library, chunks, model=model)
    await library.put(whole, chunks, generation=generation)
    return [chunk.embedding_hash for chunk in chunks]


async def store_vectors(library: Library, chunks: Sequence[Chunk], *, model: str = MODEL.key) -> None:
    """Store some vector for each chunk."""
    vectors = {chunk.embedding_hash: np.ones(4, np.float32) for chunk in chunks}
    await library.store_vectors(vectors, model=model)


async def stored(library: Library, hashes: Sequence[str]) -> set[str]:
    """Say which of the hashes have a vector."""
    return set(await library.vectors(hashes, model=MODEL.key))


async def test_a_deletion_drops_only_vectors_that_nobody_else_needs(library: Library) -> None:
    """Documents that share a chunk's text share its vector, and the last one takes it along."""
    generation, one, other = await live(library), document("one.md"), document("other.md")
    other = replace(other, parsed=replace(other.parsed, text="First half. Another end."))
    for each in (one, other):
        await library.put(each, cut(each, generation=generation), generation=generation)
    shared, own = (chunk.embedding_hash for chunk in await library.chunks(one.id))
    assert shared == (await library.chunks(other.id))[0].embedding_hash
    vectors = {shared: np.ones(4, np.float32), own: np.zeros(4, np.float32)}
    await library.store_vectors(vectors, model=MODEL.key)
    await library.delete(one.id)
    assert set(await library.vectors([shared, own], model=MODEL.key)) == {shared}
    await library.delete(other.id)
    assert await library.count_vectors() == 0


async def test_a_change_drops_the_vectors_of_the_old_text(library: Library) -> None:
    """However often a document changes, only its present text has vectors, by whichever model."""
    generation, present = await live(library), list[str]()
    for number in range(3):
        whole = document(text=f"One half of {number}. Other half of {number}.")
        await store_vectors(library, cut(whole, generation=generation), model=OTHER_MODEL)
        present = await shelve(library, whole, generation=generation)
    assert await stored(library, present) == set(present)
    assert await library.count_vectors() == 4


async def test_a_change_keeps_the_vectors_that_are_still_needed(library: Library) -> None:
    """A text that stays in the document, or stands in another one, keeps its vector."""
    generation, first = await live(library), document(text="Stays as it is. Changes a bit.. ")
    stays, changes = await shelve(library, first, generation=generation)
    await shelve(library, document("copy.md", text=first.parsed.text), generation=generation)
    second = document(text="Stays as it is. Is something new")
    assert (await shelve(library, second, generation=generation))[0] == stays
    assert await stored(library, [stays, changes]) == {stays, changes}
    await library.delete(document("copy.md").id)
    assert await stored(library, [stays, changes]) == {stays}


async def test_a_change_keeps_the_vectors_of_other_generations(library: Library) -> None:
    """A text that only an older generation still holds keeps its vector until it is gone there too."""
    old, new = await live(library), (await library.add_generation(RECIPE)).name
    first, second = document(), document(text="Now quite another text.")
    before = await shelve(library, first, generation=old)
    assert await shelve(library, first, generation=new) == before
    after = await shelve(library, second, generation=new)
    assert await stored(library, [*before, *after]) == {*before, *after}
    await library.put(second, [], generation=old)
    assert await stored(library, [*before, *after]) == set(after)


async def test_an_emptied_document_leaves_no_vector(library: Library) -> None:
    """A document of very many chunks that becomes empty takes all their vectors along."""
    generation = await live(library)
    whole = document(text="".join(f"{number:08}" for number in range(600)))
    await shelve(library, whole, generation=generation, pieces=600)
    assert await library.count_vectors() == 600
    await library.put(whole, [], generation=generation)
    assert await library.count_vectors() == 0


async def test_vectors_that_no_document_has_yet_are_left_alone(library: Library) -> None:
    """What was embedded for a document that is stored later survives the change of another one."""
    generation, later = await live(library), document("later.md", text="To be stored in a moment.")
    waiting = cut(later, generation=generation)
    await store_vectors(library, waiting)
    await shelve(library, document(), generation=generation)
    await shelve(library, document(text="Another text."), generation=generation)
    hashes = [chunk.embedding_hash for chunk in waiting]
    assert await stored(library, hashes) == set(hashes)

"""Does every library find documents by the place that they came from?"""

from dataclasses import replace

from rag.ports.library import Library, StoredPlace
from tests.support.books import RECIPE, document


async def test_documents_are_found_by_where_they_came_from(library: Library) -> None:
    """A prefix is taken letter by letter, and pages follow each other without a gap or a repetition."""
    generation = (await library.add_generation(RECIPE)).name
    long = "ä" * 600
    sources = ["a/1.md", "a/2.md", "a/%.md", "a_/3.md", "A/4.md", "a!/5.md", f"a/{long}1", f"a/{long}2"]
    for source in sources:
        await library.put(document(source), [], generation=generation)
    await library.put(replace(document("upload.md"), file_path=None), [], generation=generation)

    async def found(prefix: str, limit: int = 1000) -> list[str]:
        pages: list[StoredPlace] = []
        while page := await library.places_under(prefix, limit=limit, after=pages[-1] if pages else None):
            pages += page
        return [place.source for place in pages]

    assert set(await found("/docs/a/")) == {"a/1.md", "a/2.md", "a/%.md", f"a/{long}1", f"a/{long}2"}
    assert await found("/docs/a/", limit=2) == await found("/docs/a/")
    assert await found("/docs/a/%") == ["a/%.md"]
    assert await found("/docs/a_/") == ["a_/3.md"]
    assert await found(f"/docs/a/{long}2") == [f"a/{long}2"]
    assert sorted(await found("")) == sorted(sources)
    assert await found("/docs/\U0010ffff") == []
    first, *_ = await library.places_under("/docs/A/")
    whole = document("A/4.md")
    assert first == StoredPlace(whole.id, "/docs/A/4.md", "A/4.md", whole.content_hash)

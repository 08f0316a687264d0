"""Does every library keep the promises of `rag.ports.library`?"""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from rag.ports.library import Library, LibraryCounts, UnknownDocumentError
from tests.support.books import MONDAY, RECIPE, TUESDAY, candidates, cut, document

NOWHERE = UUID(int=0)


async def live(library: Library) -> str:
    """Make a first generation live and name it."""
    made = await library.add_generation(RECIPE)
    return (await library.make_live(made.name)).name


async def test_an_empty_library_holds_nothing(library: Library) -> None:
    """Before the first ingest there is nothing, and no generation is live."""
    await library.ping()
    assert await library.counts() == LibraryCounts(documents=0, chunks=0)
    assert await library.live_generation() is None
    assert await library.generations() == []
    assert await library.summaries() == []
    assert await library.pending_removals(limit=10) == {}


async def test_a_document_comes_back_as_it_was_put(library: Library) -> None:
    """Every field of a document survives, to the microsecond and the last character."""
    whole = document(text="First half. Zweite Hälfte \N{PARTY POPPER}, with a tab\tand\nlines.")
    await library.put(whole, [], generation=await live(library))
    assert await library.document(whole.id) == whole


async def test_a_document_without_dates_and_names_comes_back(library: Library) -> None:
    """Fields that a parser could not fill stay empty."""
    bare = replace(
        document(), file_path=None, parsed=replace(document().parsed, title=None, language=None, dated=None)
    )
    await library.put(bare, [], generation=await live(library))
    assert await library.document(bare.id) == bare
    assert (await library.summary(bare.id)).title == "backup.md"


async def test_chunks_come_back_in_order(library: Library) -> None:
    """Chunks of the live generation come back as they were, in order."""
    generation, whole = await live(library), document()
    chunks = cut(whole, generation=generation, pieces=3)
    assert await library.put(whole, chunks[::-1], generation=generation) == []
    assert await library.chunks(whole.id) == chunks


async def test_an_embedded_text_need_not_end_with_the_text(library: Library) -> None:
    """Whatever was embedded comes back, however it was made from the chunk's text."""
    generation, whole = await live(library), document()
    odd = [replace(chunk, embedded_text="other words") for chunk in cut(whole, generation=generation)]
    await library.put(whole, odd, generation=generation)
    assert await library.chunks(whole.id) == odd


async def test_a_change_replaces_the_chunks(library: Library) -> None:
    """A changed document loses its old chunks, keeps its birthday, and the old ids wait for their removal."""
    generation, first = await live(library), document()
    old = cut(first, generation=generation, pieces=3)
    await library.put(first, old, generation=generation)
    second = document(text="Now quite another text.", at=TUESDAY)
    new = cut(second, generation=generation)
    gone = await library.put(second, new, generation=generation)
    assert list(gone) == [chunk.id for chunk in old]
    assert await library.chunks(second.id) == new
    assert await library.document(second.id) == replace(second, created_at=MONDAY)
    assert {name: set(ids) for name, ids in (await library.pending_removals(limit=10)).items()} == {
        generation: set(gone)
    }
    assert await library.passages(candidates(gone)) == []


async def test_removals_are_given_until_they_are_confirmed(library: Library) -> None:
    """A removal is given again and again, at most so many at a time, until it is confirmed."""
    generation, first = await live(library), document()
    await library.put(first, cut(first, generation=generation, pieces=5), generation=generation)
    gone = await library.put(first, [], generation=generation)
    some = (await library.pending_removals(limit=2))[generation]
    assert len(some) == 2
    await library.confirm_removals(some)
    rest = (await library.pending_removals(limit=10))[generation]
    assert set(rest) == set(gone) - set(some)
    await library.confirm_removals(rest)
    await library.confirm_removals(rest)
    assert await library.pending_removals(limit=10) == {}


async def test_what_was_announced_is_a_removal_until_it_is_put(library: Library) -> None:
    """A writer that dies after its points were written leaves their ids to be removed."""
    generation, first, second = await live(library), document(), document(text="Something else.")
    before, after = cut(first, generation=generation), cut(second, generation=generation)
    await library.put(first, before, generation=generation)
    for _ in range(2):
        await library.announce([chunk.id for chunk in (*before, *after)], generation=generation)
    assert {name: set(ids) for name, ids in (await library.pending_removals(limit=10)).items()} == {
        generation: {chunk.id for chunk in after}
    }
    gone = await library.put(second, after, generation=generation)
    await library.confirm_removals(gone)
    assert await library.pending_removals(limit=10) == {}


async def test_chunks_are_known_by_document_and_by_id(library: Library) -> None:
    """Ids come in the document's order, and those of nobody are left out."""
    generation, whole = await live(library), document()
    chunks = [chunk.id for chunk in cut(whole, generation=generation, pieces=5)]
    await library.put(whole, cut(whole, generation=generation, pieces=5), generation=generation)
    found = await library.chunk_ids([whole.id, UUID(int=7)], generation=generation)
    assert {one: list(ids) for one, ids in found.items()} == {whole.id: chunks}
    assert await library.chunk_ids([whole.id], generation="rag-0009-eeeeeeee") == {}
    asked = [chunks[0], UUID(int=7)]
    assert await library.known_chunks(asked, generation=generation) == {chunks[0]}
    assert await library.known_chunks(asked, generation="rag-0009-eeeeeeee") == frozenset()


async def test_a_repeated_put_removes_nothing(library: Library) -> None:
    """Storing the same chunks again is no replacement: none of them may leave the index."""
    generation, whole = await live(library), document()
    chunks = cut(whole, generation=generation)
    await library.put(whole, chunks, generation=generation)
    assert await library.put(whole, chunks, generation=generation) == []
    assert await library.pending_removals(limit=10) == {}
    assert await library.chunks(whole.id) == chunks


async def test_a_change_that_is_taken_back_takes_its_removal_back(library: Library) -> None:
    """A document that becomes what it was again has its old ids again: they no longer wait for removal."""
    generation, first, second = await live(library), document(), document(text="Something else.")
    before, after = cut(first, generation=generation), cut(second, generation=generation)
    await library.put(first, before, generation=generation)
    await library.put(second, after, generation=generation)
    await library.put(first, before, generation=generation)
    assert {*(await library.pending_removals(limit=10))[generation]} == {chunk.id for chunk in after}


async def test_a_document_is_whole_once_its_chunks_are_stored(library: Library) -> None:
    """The hash is given in the generations that hold the document's present text, without chunks too."""
    generation, whole, empty = await live(library), document(), document("empty.md", text="")
    await library.put(whole, cut(whole, generation=generation), generation=generation)
    await library.put(empty, [], generation=generation)
    ids = [whole.id, empty.id, NOWHERE]
    assert await library.content_hashes(ids, generation=generation) == {
        whole.id: whole.content_hash,
        empty.id: empty.content_hash,
    }
    assert await library.content_hashes(ids, generation="rag-0009-00000000") == {}
    assert await library.content_hashes([], generation=generation) == {}


async def test_a_document_is_not_whole_where_its_older_text_was_cut(library: Library) -> None:
    """A change that one generation has and another has not makes the document whole in the first only."""
    old, new = await live(library), (await library.add_generation(RECIPE)).name
    first, second = document(), document(text="Now quite another text.")
    await library.put(first, cut(first, generation=old), generation=old)
    assert await library.put(second, cut(second, generation=new), generation=new) == []
    assert await library.content_hashes([first.id], generation=old) == {}
    assert await library.content_hashes([first.id], generation=new) == {second.id: second.content_hash}
    assert await library.chunks(first.id) == cut(first, generation=old)


async def test_a_deletion_takes_everything_along(library: Library) -> None:
    """A deleted document is gone in every generation, and all its chunks wait for removal."""
    old, new, whole = await live(library), (await library.add_generation(RECIPE)).name, document()
    before, after = cut(whole, generation=old), cut(whole, generation=new, pieces=3)
    await library.put(whole, before, generation=old)
    await library.put(whole, after, generation=new)
    gone = await library.delete(whole.id)
    expected = {old: {chunk.id for chunk in before}, new: {chunk.id for chunk in after}}
    assert {name: set(ids) for name, ids in gone.items()} == expected
    assert {name: set(ids) for name, ids in (await library.pending_removals(limit=99)).items()} == expected
    assert await library.content_hashes([whole.id], generation=old) == {}
    assert (await library.counts()).documents == 0
    for missing in (library.document, library.summary, library.chunks, library.delete):
        with pytest.raises(UnknownDocumentError):
            await missing(whole.id)


async def test_summaries_are_listed_by_id(library: Library) -> None:
    """A list can be read page by page, and a change between pages repeats and skips nothing else."""
    generation = await live(library)
    for number in range(7):
        whole = document(f"{number}.md")
        pieces = cut(whole, generation=generation, pieces=number) if number else []
        await library.put(whole, pieces, generation=generation)
    everything = list(await library.summaries())
    assert [each.id for each in everything] == sorted(document(f"{number}.md").id for number in range(7))
    first = list(await library.summaries(limit=3))
    rest = list(await library.summaries(after=first[-1].id))
    assert first + rest == everything
    assert {each.source: each.chunks for each in everything} == {f"{n}.md": n for n in range(7)}


async def test_a_summary_tells_about_the_document(library: Library) -> None:
    """A summary has the document's own facts, and counts characters, pages and live chunks."""
    generation, whole = await live(library), document(text="Umlauts: äöü \N{PARTY POPPER}")
    await library.put(whole, cut(whole, generation=generation, pieces=3), generation=generation)
    summary = await library.summary(whole.id)
    assert (summary.source, summary.file_path) == (whole.source, whole.file_path)
    assert (summary.title, summary.media_type, summary.language) == ("Backups", "text/markdown", "en")
    assert (summary.characters, summary.pages, summary.chunks) == (14, 2, 3)
    assert (summary.content_hash, summary.size_bytes) == (whole.content_hash, whole.size_bytes)
    assert summary.metadata == whole.parsed.metadata
    assert (summary.created_at, summary.updated_at) == (MONDAY, MONDAY)


async def test_documents_are_found_by_the_end_of_their_source(library: Library) -> None:
    """A source is named in full or by its last parts, and signs in it are just signs."""
    generation = await live(library)
    sources = ["a/b.md", "b.md", "xb.md", "a/b%md", "a_b.md"]
    for source in sources:
        await library.put(document(source), [], generation=generation)

    async def found(source: str) -> set[str]:
        return {each.source for each in await library.summaries(source=source)}

    assert await found("b.md") == {"a/b.md", "b.md"}
    assert await found("a/b.md") == {"a/b.md"}
    assert await found("b%md") == {"a/b%md"}
    assert await found("%") == set()
    assert await found("b.md\x00\ud800") == set()


async def test_passages_keep_the_order_of_their_candidates(library: Library) -> None:
    """Passages come in the candidates' order, with source and title, without those that are gone."""
    generation, named, unnamed = await live(library), document("a/one.md"), document("a/two.md", title=None)
    for each in (named, unnamed):
        await library.put(each, cut(each, generation=generation), generation=generation)
    chunks = [*await library.chunks(unnamed.id), *await library.chunks(named.id)]
    asked = candidates([chunks[3].id, NOWHERE, chunks[0].id, chunks[2].id])
    passages = await library.passages(asked)
    assert [passage.chunk for passage in passages] == [chunks[3], chunks[0], chunks[2]]
    assert [passage.candidate for passage in passages] == [asked[0], asked[2], asked[3]]
    assert [(p.source, p.title) for p in passages][:2] == [("a/one.md", "Backups"), ("a/two.md", "two.md")]
    assert {passage.generation for passage in passages} == {generation}
    assert await library.passages([]) == []


async def test_writers_of_one_document_follow_each_other(library: Library) -> None:
    """Whoever writes last, the chunks are those of one writer, and all others wait for their removal."""
    generation = await live(library)
    versions = [document(text=f"Version {number} of a text.") for number in range(6)]
    cuts = {each.content_hash: cut(each, generation=generation, pieces=4) for each in versions}
    await asyncio.gather(
        *(library.put(each, cuts[each.content_hash], generation=generation) for each in versions)
    )
    stored = await library.document(versions[0].id)
    chunks = list(await library.chunks(stored.id))
    assert chunks == cuts[stored.content_hash]
    others = {chunk.id for pieces in cuts.values() for chunk in pieces} - {chunk.id for chunk in chunks}
    assert set((await library.pending_removals(limit=99))[generation]) == others


async def test_text_that_cannot_be_stored_does_no_harm(library: Library) -> None:
    """NUL characters and halves of surrogate pairs, wherever they stand, neither fail nor move anything."""
    generation = await live(library)
    whole = replace(
        document(text="one\x00two\ud800three", title="\x00"), source="a\x00b/\udc80.md", file_path="\udcff"
    )
    await library.put(whole, cut(whole, generation=generation, pieces=3), generation=generation)
    chunks = await library.chunks(whole.id)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(0, 4), (4, 8), (8, 13)]
    assert (await library.summary(whole.id)).characters == 13
    assert chunks[2].text[-4:] == "hree"


async def test_an_unknown_document_is_named(library: Library) -> None:
    """The error names the id that does not exist."""
    unknown = uuid4()
    with pytest.raises(UnknownDocumentError, match=str(unknown)):
        await library.document(unknown)

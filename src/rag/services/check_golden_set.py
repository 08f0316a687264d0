"""Tell whether a golden set still fits the library that it asks about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.domain.golden import Case, ExpectedEvidence, GoldenSet
from rag.domain.nearest_text import nearest_text
from rag.domain.words import folded
from rag.ports.library import Library


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one case.

    Attributes:
        reason: a sentence.
        nearest: what comes nearest to what was looked for: words of the document, or a document's name.
    """

    case_id: str
    reason: str
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The texts of documents by source, each read once, white space folded."""

    library: Library
    texts: dict[str, Sequence[str]] = field(default_factory=dict)

    async def texts_of(self, source: str) -> Sequence[str]:
        if source not in self.texts:
            self.texts[source] = [
                folded((await self.library.document(summary.id)).parsed.text)
                for summary in await self.library.summaries(source=source)
                if summary.source == source
            ]
        return self.texts[source]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckGoldenSet:
    """Look every piece of evidence up; nothing is changed."""

    library: Library

    async def __call__(self, golden: GoldenSet) -> Sequence[Complaint]:
        """This will list what is wrong: documents and quotes that are not there, and repeated questions."""
        shelf = _Shelf(self.library)
        complaints = list(repeated_questions(golden.cases))
        for case in golden.cases:
            complaints += await self._complaints(case, shelf)
        return complaints

    async def of_case(self, case: Case, *, among: GoldenSet) -> Sequence[Complaint]:
        """This will list what speaks against adding one case to the others."""
        repeated = [one for one in repeated_questions((*among.cases, case)) if one.case_id == case.id]
        return [*repeated, *await self._complaints(case, _Shelf(self.library))]

    async def misquoted(self, golden: GoldenSet) -> Sequence[str]:
        """This will name the cases with a quote that stands in no document of that name, though one is there.

        Documents that are not there are left to others; those that nobody quotes are not read.
        """
        shelf = _Shelf(self.library)
        found: dict[str, None] = {}
        for case in golden.cases:
            for piece in case.evidence:
                if piece.quote is None:
                    continue
                texts = await shelf.texts_of(piece.source)
                if texts and not _is_held(piece, texts):
                    found[case.id] = None
        return list(found)

    async def _complaints(self, case: Case, shelf: _Shelf) -> Sequence[Complaint]:
        found = [await self._complaint(case.id, piece, shelf) for piece in case.evidence]
        return [complaint for complaint in found if complaint]

    async def _complaint(self, case_id: str, piece: ExpectedEvidence, shelf: _Shelf) -> Complaint | None:
        texts = await shelf.texts_of(piece.source)
        if not texts:
            reason = f"There is no document {piece.source} in the library."
            return Complaint(case_id, reason, await self._namesake(piece.source))
        if piece.quote is None or _is_held(piece, texts):
            return None
        nearest = next((near for text in texts if (near := nearest_text(piece.quote, text))), None)
        return Complaint(case_id, f"{piece.source} does not hold the words “{folded(piece.quote)}”.", nearest)

    async def _namesake(self, source: str) -> str | None:
        """Name a document whose source ends in the same way: the missing one may only have moved."""
        others = await self.library.summaries(source=source.rsplit("/", 1)[-1], limit=1)
        return others[0].source if others else None


def _is_held(piece: ExpectedEvidence, texts: Sequence[str]) -> bool:
    quote = folded(piece.quote or "")
    return any(quote in text for text in texts)


def repeated_questions(cases: Iterable[Case]) -> Iterable[Complaint]:
    """This will name every case that asks what an earlier one asks, case and punctuation aside.

    A question that follows others counts as the same only after the same ones.
    """
    first: dict[tuple[str, ...], str] = {}
    for case in cases:
        asked = tuple(_plain(question) for question in (*case.after, case.question))
        if asked in first:
            yield Complaint(case.id, f"It asks what the case {first[asked]} asks.")
        else:
            first[asked] = case.id


def _plain(question: str) -> str:
    return folded(question).casefold().rstrip("?!. ")

"""Bring the library in line with a folder: take in what is new, then delete what is gone."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from rag.domain.documents import document_id_for
from rag.ports.library import StoredPlace, UnknownDocumentError
from rag.services.delete_document import DeleteDocument
from rag.services.ingest import FileOutcome, IngestFiles, Outcome
from rag.services.plan_sync import Change, SyncPlan


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one document.

    Attributes:
        outcome: what became of its file; None where the file is gone.
        stored: where it was before, if it was moved or deleted.
    """

    change: Change
    outcome: FileOutcome | None = None
    stored: StoredPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFolder:
    """Nothing is deleted before everything new can be found, so what was moved is never missing.

    Each step can be killed: whatever was not done is found by the next plan.
    """

    ingest: IngestFiles
    delete_document: DeleteDocument

    async def __call__(self, plan: SyncPlan) -> AsyncGenerator[Synced, None]:
        """This will yield what became of each document, as soon as it is so.

        Raises:
            UnavailableError: a part is away; what was yielded is done, and nothing else was deleted.
        """
        origins = {}
        for one in plan.files:
            document_id = document_id_for(one.file.place)
            if one.change is Change.UNCHANGED:
                yield Synced(one.change, FileOutcome(one.file, Outcome.UNCHANGED, document_id, 0, 0.0))
            elif one.moved_from is not None:
                origins[document_id] = one.moved_from
        moved: list[StoredPlace] = []
        files = [one.file for one in plan.files if one.change is not Change.UNCHANGED]
        async with aclosing(self.ingest(files)) as outcomes:
            async for outcome in outcomes:
                origin = origins.get(outcome.document_id) if outcome.error is None else None
                if origin is not None:
                    moved.append(origin)
                change = Change.MOVED if origin else Change(outcome.outcome.value)
                yield Synced(change, outcome, origin)
        for place in moved:
            await self._delete(place)
        for place in plan.deleted:
            await self._delete(place)
            yield Synced(Change.DELETED, stored=place)

    async def _delete(self, place: StoredPlace) -> None:
        try:
            await self.delete_document(place.document_id)
        except UnknownDocumentError:  # somebody else was quicker
            return

"""Put the files that an uploaded archive holds in its place."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rag.domain.errors import InvalidInputError
from rag.ports.files import SourceFile
from rag.ports.jobs import Upload
from rag.ports.parsing import EmptyDocumentError
from rag.services.expand_archives import ExpandArchives


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an uploaded archive stands for.

    Attributes:
        uploads: its files, sidecars among them; one that cannot be read is there without its bytes.
        failed: what is wrong with files, by name; with the archive's own name where it cannot be opened.
    """

    uploads: Sequence[Upload]
    failed: Mapping[str, InvalidInputError]


@dataclass(frozen=True, slots=True)
class UnpackUpload:
    """Read an uploaded archive whole, as its bytes are dropped once its files have taken its place."""

    expand: ExpandArchives

    def is_archive(self, name: str) -> bool:
        """This will say whether an upload of this name stands for the files in it."""
        return self.expand.archives.is_archive(name)

    async def __call__(self, upload: Upload) -> Unpacked:
        """This will give the files in an archive, off the event loop."""
        return await asyncio.to_thread(self._unpacked, upload)

    def _unpacked(self, upload: Upload) -> Unpacked:
        archive = SourceFile(upload.name, f"upload:{upload.name}", None, partial(bytes, upload.content))
        uploads: list[Upload] = []
        failed: dict[str, InvalidInputError] = {}
        with self.expand([archive]) as members:
            for file in members.files:
                content = b""
                try:
                    content = file.content()
                except InvalidInputError as error:
                    failed[file.source] = error
                if file.place != archive.place:
                    uploads.append(Upload(file.source, content))
            if not members.files:
                others = len(members.passed_over) - 1
                reason = f"The archive holds no file of a format that is read, and {others} of others."
                failed[upload.name] = EmptyDocumentError(reason)
        return Unpacked(uploads, failed)

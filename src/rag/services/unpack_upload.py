"""Give the files that an uploaded archive holds, a part after the other."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from rag.domain.distinct_names import distinct_names
from rag.domain.errors import InvalidInputError
from rag.ports.archives import Members
from rag.ports.files import SourceFile
from rag.ports.jobs import FileResult, Upload, failure_of
from rag.ports.parsing import EmptyDocumentError
from rag.services.expand_archives import ExpandArchives

_MOST_FILES: Final = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an archive's files.

    Attributes:
        members: files to be read, sidecars among them; what is wrong with a file that cannot be read.
        is_last: whether nothing follows.
    """

    members: Sequence[Upload | FileResult]
    is_last: bool


@dataclass(frozen=True, slots=True)
class UnpackUpload:
    """Read an uploaded archive in parts, in the same parts each time.

    Attributes:
        part_bytes: how much is unpacked at once; a larger file comes alone.
    """

    expand: ExpandArchives
    part_bytes: int = 32 * 1024 * 1024

    def is_archive(self, name: str) -> bool:
        """This will say whether an upload of this name stands for the files in it."""
        return self.expand.archives.is_archive(name)

    async def __call__(self, upload: Upload) -> AsyncGenerator[Part, None]:
        """This will yield the files in an archive, each under a name of its own, off the event loop.

        Raises:
            InvalidInputError: the archive cannot be opened, or holds no file that is read.
        """
        archive = SourceFile(upload.name, f"upload:{upload.name}", None, partial(bytes, upload.content))
        stack = ExitStack()
        try:
            members = await asyncio.to_thread(stack.enter_context, self.expand([archive]))
            parts = self._parts(_files_of(archive, members))
            while (part := await asyncio.to_thread(next, parts, None)) is not None:
                yield part
        finally:
            await asyncio.to_thread(stack.close)

    def _parts(self, files: Sequence[SourceFile]) -> Iterator[Part]:
        part: list[Upload | FileResult] = []
        held = 0
        for file in files:
            member = _member(file)
            size = len(member.content) if isinstance(member, Upload) else 0
            if part and (held + size > self.part_bytes or len(part) == _MOST_FILES):
                yield Part(part, is_last=False)
                part, held = [], 0
            part.append(member)
            held += size
        yield Part(part, is_last=True)


def _files_of(archive: SourceFile, members: Members) -> Sequence[SourceFile]:
    if not members.files:
        others = len(members.passed_over) - 1
        reason = f"The archive holds no file of a format that is read, and {others} of others."
        raise EmptyDocumentError(reason)
    if members.files[0].place == archive.place:
        members.files[0].content()  # which says why it cannot be opened
    names = distinct_names([file.source for file in members.files])
    return [replace(file, source=name) for file, name in zip(members.files, names, strict=True)]


def _member(file: SourceFile) -> Upload | FileResult:
    try:
        return Upload(file.source, file.content())
    except InvalidInputError as error:
        return failure_of(file.source, error)

"""Make of the files that were found those that become documents: archives opened, sidecars joined."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from rag.ports.files import SourceFile
from rag.services.describe_files import DescribeFiles
from rag.services.expand_archives import ExpandArchives


@dataclass(frozen=True, slots=True)
class Gathered:
    """What there is to take in.

    Attributes:
        files: one a document; reading one that has something wrong says what.
        passed_over: names of files of other formats in archives.
        without_document: sidecars that stand beside no file of ours.
    """

    files: Sequence[SourceFile]
    passed_over: Sequence[str]
    without_document: Sequence[SourceFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherFiles:
    """Open the archives, then join sidecars with their documents, in folders and archives alike."""

    expand: ExpandArchives
    describe: DescribeFiles

    @asynccontextmanager
    async def __call__(self, found: Sequence[SourceFile]) -> AsyncIterator[Gathered]:
        """This will give the files until the context ends; those in archives cannot be read afterwards."""
        stack = ExitStack()
        try:
            members = await asyncio.to_thread(stack.enter_context, self.expand(found))
            described = await asyncio.to_thread(self.describe, members.files)
            yield Gathered(described.files, members.passed_over, described.without_document)
        finally:
            await asyncio.to_thread(stack.close)

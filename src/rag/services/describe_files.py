"""Find what the files beside documents say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.domain.documents import sha256_hex
from rag.domain.errors import InvalidInputError
from rag.domain.names import described_by
from rag.ports.files import FileWithdrawnError, SidecarReader, SourceFile, refused
from rag.ports.parsing import UnreadableFileError


@dataclass(frozen=True, slots=True)
class DescribedFiles:
    """Files without the sidecars among them.

    Attributes:
        files: the documents' files, with what their sidecars say. Where a sidecar cannot be read, reading the
            file says why.
        without_document: sidecars that stand beside no file of ours.
    """

    files: Sequence[SourceFile]
    without_document: Sequence[SourceFile]


@dataclass(frozen=True, slots=True)
class DescribeFiles:
    """Join sidecars, such as `report.pdf.meta.yaml`, with the files that they describe."""

    sidecars: SidecarReader

    def __call__(self, files: Sequence[SourceFile]) -> DescribedFiles:
        """This will read the sidecars among `files`. Blocking: call it off the event loop."""
        named = [(described_by(file.place), file) for file in files]
        by_place = {file.place: file for place, file in named if place is None}
        without = []
        for place, sidecar in named:
            if place is None:
                continue
            if place in by_place:
                by_place[place] = self._described(by_place[place], sidecar)
            else:
                without.append(sidecar)
        return DescribedFiles(tuple(by_place.values()), tuple(without))

    def _described(self, file: SourceFile, sidecar: SourceFile) -> SourceFile:
        name = sidecar.source.rsplit("/", 1)[-1]
        if file.fingerprint_suffix:
            return refused(file, UnreadableFileError(f"It has more than one sidecar: {name} is the second."))
        try:
            content = sidecar.content()
            description = self.sidecars.read(sidecar.source, content)
        except FileWithdrawnError as error:  # nothing is wrong with it: its document is withdrawn as well
            return refused(file, error)
        except InvalidInputError as error:
            return refused(file, UnreadableFileError(f"Its sidecar {name}: {error}"))
        return replace(file, description=description, fingerprint_suffix=sha256_hex(content))

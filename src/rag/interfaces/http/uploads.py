"""What is an uploaded file called, and may it be taken?"""

from collections.abc import Sequence
from typing import ClassVar, Final

from fastapi import UploadFile

from rag.domain.errors import InvalidInputError
from rag.domain.names import harmless_name
from rag.ports.jobs import Upload

MAX_NAME_CHARACTERS: Final = 255


class FileNameError(InvalidInputError):
    """A file was sent under a name that no document can have."""

    code: ClassVar[str] = "file_name_unusable"
    advice: ClassVar[str] = f"Send every file with a name of 1 to {MAX_NAME_CHARACTERS} characters."


async def uploads_of(files: Sequence[UploadFile]) -> Sequence[Upload]:
    """This will read the files under harmless names.

    Raises:
        FileNameError: a file has no name, or one that is too long.
    """
    names = [document_name(file.filename or "") for file in files]
    return [Upload(name, await file.read()) for name, file in zip(names, files, strict=True)]


def document_name(given: str) -> str:
    r"""Name a document after its file: folders stay, steps upwards and drives go.

    >>> document_name("../../guides\\backup.md")
    'guides/backup.md'

    Raises:
        FileNameError: nothing is left, or too much.
    """
    name = harmless_name(given)
    if not name:
        raise FileNameError("A file was sent without a name.")
    if len(name) > MAX_NAME_CHARACTERS:
        raise FileNameError(f"A file was sent under a name of {len(name)} characters.")
    return name

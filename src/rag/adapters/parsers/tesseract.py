"""How is the picture of a page turned into words, by a tesseract that is installed on this machine?"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import Final

MAX_SECONDS: Final = 60.0
_SECONDS_TO_ANSWER: Final = 10.0
_PREFERRED: Final = "eng"
_NO_LANGUAGE: Final = frozenset({"osd", "equ"})  # data that finds the direction of print, or formulas
_VERSION: Final = re.compile(r"^tesseract v?(\S+)", re.MULTILINE)
_MAX_OUTPUT_CHARACTERS: Final = 1_000_000


class RecognitionError(Exception):
    """The picture of a page gave no words, because tesseract failed or took too long."""


@dataclass(frozen=True, slots=True)
class Tesseract:
    """An installed tesseract: its program, its version, and the language that it reads."""

    program: str
    version: str
    language: str

    def read(self, picture: bytes, *, dots_per_inch: int) -> str:
        """This will give the words of a picture, in a format that tesseract knows such as PGM, in lines.

        Raises:
            RecognitionError: tesseract failed, or took longer than MAX_SECONDS.
        """
        options = ("-l", self.language, "--dpi", str(dots_per_inch))
        return _run((self.program, "stdin", "stdout", *options), picture, seconds=MAX_SECONDS)[
            :_MAX_OUTPUT_CHARACTERS
        ]


def find_tesseract() -> Tesseract | None:
    """This will look for a tesseract that works and has data of a language: English, or else its first."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        version = _VERSION.search(_run((program, "--version"), b"", seconds=_SECONDS_TO_ANSWER))
        listed = _run((program, "--list-langs"), b"", seconds=_SECONDS_TO_ANSWER)
    except RecognitionError:
        return None
    # The first line says where the data are; each other line is one language.
    languages = [line.strip() for line in listed.splitlines()[1:] if line.strip()]
    readable = [language for language in languages if language not in _NO_LANGUAGE]
    if not readable:
        return None
    language = _PREFERRED if _PREFERRED in readable else readable[0]
    return Tesseract(program, version.group(1) if version else "of an unknown version", language)


def _run(command: tuple[str, ...], given: bytes, *, seconds: float) -> str:
    # One thread: several pages may be read at once, each in a process of its own.
    surroundings = os.environ | {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=seconds, env=surroundings, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise RecognitionError(f"tesseract failed: {type(error).__name__}") from error
    return done.stdout.decode("utf-8", errors="replace")

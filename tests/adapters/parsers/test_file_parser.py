"""Does the parser find out what a file is, read it off the event loop, and survive what it reads?"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest

from rag.adapters import parsers
from rag.adapters.parsers import FileParser
from rag.domain.errors import InvalidInputError
from rag.ports.parsing import (
    DocumentParser,
    EmptyDocumentError,
    EncryptedFileError,
    FileTooLargeError,
    ReadingTimedOutError,
    UnreadableFileError,
    UnsupportedFormatError,
)
from tests.adapters.parsers.written_pdf import encrypted, pdf

BRIDGE = pdf([["The bridge stands."]])
MANY_PAGES = pdf([["A page with a few words on it."] * 40] * 400)


@pytest.fixture
async def parser() -> AsyncIterator[DocumentParser]:
    """A parser that is closed again."""
    made = FileParser(processes=1)
    yield made
    made.close()


def children() -> Iterator[psutil.Process]:
    """The reading processes that we started."""
    for process in psutil.Process().children():
        if process.status() != psutil.STATUS_ZOMBIE and "rag.adapters.parsers.child" in process.cmdline():
            yield process


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.txt", b"words", "text/plain"),
        ("README", b"words", "text/plain"),
        ("a.MD", b"# words", "text/markdown"),
        ("a.html", b"<p>words", "text/html"),
        ("a.txt", b"\n<!DOCTYPE html><p>words", "text/html"),
        ("a.pdf", BRIDGE, "application/pdf"),
        ("a.txt", BRIDGE, "application/pdf"),
        ("no-extension", BRIDGE, "application/pdf"),
    ],
)
async def test_content_goes_before_name(
    parser: DocumentParser, name: str, content: bytes, media_type: str
) -> None:
    """A file is read as what it is, whatever it is called."""
    assert (await parser.parse(name, content)).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.docx", b"PK\x03\x04rest", UnreadableFileError),
        ("a.docx", b"no such thing", UnreadableFileError),
        ("a.md", b"PK\x03\x04rest", UnreadableFileError),
        ("a.md", b"\x89PNG\r\n\x1a\n", UnsupportedFormatError),
        ("a.md", bytes(range(256)) * 4, UnsupportedFormatError),
        ("a.ini", b"a=b", UnsupportedFormatError),
        ("a.pdf", b"no such thing", UnreadableFileError),
        ("a.pdf", b"%PDF-1.7 and no more", UnreadableFileError),
        ("a.pdf", encrypted(BRIDGE, user="secret"), EncryptedFileError),
        ("a.pdf", pdf([[]]), EmptyDocumentError),
        ("a.txt", b"", EmptyDocumentError),
        ("a.txt", b" \n\t", EmptyDocumentError),
        ("a.md", b"---\n***\n", EmptyDocumentError),
        ("a.html", b"<script>1</script>", EmptyDocumentError),
    ],
)
async def test_what_cannot_be_read_is_refused_by_kind(
    parser: DocumentParser, name: str, content: bytes, error: type[InvalidInputError]
) -> None:
    """Each fault has its class and a message without the file's place on this machine."""
    with pytest.raises(error) as refused:
        await parser.parse(f"/some/folder/{name}", content)
    assert "/some/folder" not in str(refused.value)


def test_names_of_our_kinds_are_read() -> None:
    """The extension decides which files of a folder are worth a try."""
    parser = FileParser()
    names = ("a.txt", "B.PDF", "c.htm", "d.markdown", "e.docx", "f.rst.txt", "g.exe", "h")
    assert [parser.reads(name) for name in names] == [True] * 6 + [False] * 2
    parser.close()


async def test_a_file_over_the_limit_is_refused(
    parser: DocumentParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with more bytes than the limit is not read."""
    monkeypatch.setattr(parsers, "MAX_FILE_BYTES", 10)
    with pytest.raises(FileTooLargeError, match="11 bytes"):
        await parser.parse("a.txt", b"x" * 11)


async def test_a_large_text_is_read_by_a_process(parser: DocumentParser) -> None:
    """Above a few kilobytes, text comes back from a process just as it would from a thread."""
    content = b"# Title\n\n" + b"Some words of a paragraph.\n\n" * 40_000
    parsed = await parser.parse("a.md", content)
    assert list(children())
    assert parsed.title == parsed.headings[0].title == "Title"
    assert len(parsed.text) > parsers.MAX_BYTES_IN_A_THREAD


async def test_a_process_serves_many_files(parser: DocumentParser) -> None:
    """The process that read one file reads the next, also after one that it had to refuse."""
    await parser.parse("a.pdf", BRIDGE)
    first = [process.pid for process in children()]
    with pytest.raises(UnreadableFileError):
        await parser.parse("a.pdf", b"%PDF-1.7")
    await parser.parse("a.pdf", BRIDGE)
    assert [process.pid for process in children()] == first
    assert len(first) == 1


async def test_a_dead_process_is_replaced(parser: DocumentParser) -> None:
    """A process that was killed while idle costs nobody a file."""
    await parser.parse("a.pdf", BRIDGE)
    for process in children():
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=5)
    assert (await parser.parse("a.pdf", BRIDGE)).text == "The bridge stands."


async def test_a_crash_while_reading_is_the_files_fault(parser: DocumentParser) -> None:
    """A process that dies of a file makes that file unreadable, and the next one is read."""
    await parser.parse("a.pdf", BRIDGE)
    (process,) = children()
    os.kill(process.pid, signal.SIGSTOP)
    reading = asyncio.create_task(parser.parse("a.pdf", MANY_PAGES))
    await asyncio.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(UnreadableFileError, match="died"):
        await reading
    assert (await parser.parse("a.pdf", BRIDGE)).text == "The bridge stands."


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    """At the time limit the process is ended, the file is unreadable, and the event loop never waited."""
    parser = FileParser(processes=1, timeout_seconds=0.05)
    with pytest.raises(ReadingTimedOutError, match=r"longer than 0\.05 seconds"):
        await parser.parse("a.pdf", MANY_PAGES)
    parser.close()
    assert not list(children())


async def test_closing_ends_the_processes() -> None:
    """Nothing runs on after the parser is closed."""
    parser = FileParser(processes=2)
    await asyncio.gather(*(parser.parse("a.pdf", BRIDGE) for _ in range(4)))
    assert 1 <= len(list(children())) <= 2
    parser.close()
    assert not list(children())


def test_a_reading_process_takes_no_modules_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is ingested cannot put its own code in the place of ours."""
    (tmp_path / "rag.py").write_text("raise SystemExit", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    parser = FileParser(processes=1)
    assert asyncio.run(parser.parse("a.pdf", BRIDGE)).text == "The bridge stands."
    parser.close()

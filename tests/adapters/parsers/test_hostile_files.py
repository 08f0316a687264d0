"""Does a file that was made to be slow end quickly, in a process of its own, without harm to others?"""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, cast

import pytest

from rag.adapters import parsers
from rag.adapters.parsers import FileParser, formats, html_nesting
from rag.adapters.parsers.child import SECONDS_OF_GRACE
from rag.adapters.parsers.formats import Format, read
from rag.adapters.parsers.wire import pack_file, send_frame
from rag.domain.errors import InvalidInputError
from rag.ports.parsing import FileTooLargeError, ReadingTimedOutError, UnreadableFileError

pytestmark = pytest.mark.timeout(60)
SECONDS = 3.0  # each takes well below one on a quiet machine


def nested(opening: str, closing: str = "", *, depth: int, times: int = 1) -> bytes:
    """Nest elements in each other, and repeat that."""
    return (opening * depth + closing * depth).encode() * times + b"<p>the end"


TOO_DEEP = {
    "divisions": nested("<div>", depth=68_000),
    "menus": nested("<div class=nav>w", depth=25_000),
    "tables": nested("<table><tr><td>w", depth=8_000),
    "lists": nested("<ul><li>w", depth=40_000),
    "end tags that end nothing": nested("<div></x>", depth=40_000),
    "end tags behind a table": nested("<div><table></div>", depth=20_000),
    "slashes that end nothing": nested("<div/>", depth=60_000),
    "in a drawing": nested("<svg><text>w", depth=30_000),
}
DEEP = {
    "few tables": nested("<table><tr><td>w", depth=5_300),
    "menus": nested("<div class=nav>w", "</div>", depth=900, times=20),
    "headers": nested("<header>w", "</header>", depth=900, times=20),
    "hidden": nested("<div hidden>w", "</div>", depth=900, times=20),
    "tables": nested("<table><tr><td>w", "</table>", depth=400, times=25),
    "lists": nested("<ul><li>w", "</ul>", depth=900, times=20),
    "labels": nested("<svg><text>w", "</text></svg>", depth=400, times=25),
    "paragraphs without an end": nested("<p>w", depth=100_000),
    "links without an end": nested("<a href=x>w", depth=30_000),
    "cells without an end": b"<table>" + nested("<tr><td>w", depth=40_000),
    "shapes that end themselves": b"<svg>" + nested("<path d='m'/>", depth=30_000),
    "tags in a comment": b"<!--" + nested("<div>", depth=60_000) + b"--><p>the end",
    "tags in a script": b"<script>" + nested("<div>", depth=60_000) + b"</script><p>the end",
}


@pytest.mark.parametrize("content", TOO_DEEP.values(), ids=TOO_DEEP.keys())
def test_a_page_that_nests_without_end_is_refused(content: bytes) -> None:
    """Some hundred kilobytes of elements in each other are refused at once, with the reason."""
    began = time.perf_counter()
    with pytest.raises(UnreadableFileError, match="nests more than 1000 elements"):
        read(Format.HTML, content)
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("content", DEEP.values(), ids=DEEP.keys())
def test_a_page_that_nests_deeply_is_read_quickly(content: bytes) -> None:
    """What is large but not too deep is read in time proportional to its length, into a text like it."""
    began = time.perf_counter()
    parsed = read(Format.HTML, content)
    assert time.perf_counter() - began < SECONDS
    assert "the end" in parsed.text
    assert len(parsed.text) < 10 * len(content)


def test_html_within_markdown_is_held_to_the_same_depth() -> None:
    """A block of HTML does not get around the limit by standing in Markdown."""
    with pytest.raises(UnreadableFileError, match="nests more than"):
        read(Format.MARKDOWN, b"Words.\n\n" + TOO_DEEP["divisions"])


def test_front_matter_and_rules_of_any_length_are_read() -> None:
    """White space and dashes in great number cost no more than other characters."""
    began = time.perf_counter()
    spaces = b" " * 400_000
    assert read(Format.MARKDOWN, b"---\ntitle: a" + spaces + b"b\n---\nwords").text == "words"
    wrapped = b"word after word makes a line that an editor has wrapped at sixty\n" * 200
    assert read(Format.TEXT, wrapped + b"-" * 400_000 + b"x\n").text
    assert time.perf_counter() - began < SECONDS


def test_an_empty_field_does_not_take_the_next_line() -> None:
    """A field of the front matter without a value has none, whatever stands below it."""
    parsed = read(Format.MARKDOWN, b"---\ntitle:\nauthor: 'A. Writer'\n---\n# Heading\n")
    assert parsed.title == "Heading"
    assert parsed.metadata == {"author": "A. Writer"}


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.txt"])
async def test_the_time_limit_holds_for_texts_too(name: str) -> None:
    """A text that takes too long is given up like a PDF, since a process reads it."""
    parser = FileParser(processes=1, timeout_seconds=0.05)
    with pytest.raises(ReadingTimedOutError, match=r"longer than 0\.05 seconds"):
        await parser.parse(name, b"Some words of a paragraph.\n\n" * 100_000)
    parser.close()


@pytest.fixture
def busy_threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for the event loop of which none is free."""
    threads = ThreadPoolExecutor(max_workers=1)
    yield threads
    threads.shutdown()


@pytest.mark.parametrize("size", [10, parsers.MAX_BYTES_IN_A_THREAD + 1])
async def test_reading_needs_none_of_the_event_loops_threads(
    busy_threads: ThreadPoolExecutor, size: int
) -> None:
    """Files are read while the event loop's own threads are all taken, so they cannot take them either."""
    loop = asyncio.get_running_loop()
    released = threading.Event()
    loop.set_default_executor(busy_threads)
    taken = loop.run_in_executor(None, released.wait, 30)
    parser = FileParser(processes=1)
    assert (await parser.parse("a.md", b"w" * size)).text == "w" * size
    assert not taken.done()
    parser.close()
    released.set()
    await taken


async def test_hostile_files_do_not_keep_others_from_being_read() -> None:
    """Pages that nest without end are refused by the same processes that then read the next ones."""
    parser = FileParser()
    sound = b"<p>Some words of a paragraph.</p>" * 300
    contents = [*TOO_DEEP.values(), *[sound] * 8]
    began = time.perf_counter()
    tasks = (parser.parse("a.html", content) for content in contents)
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert time.perf_counter() - began < 2 * SECONDS
    assert [isinstance(one, InvalidInputError) for one in outcomes] == [True] * 8 + [False] * 8
    parser.close()


def test_the_limit_is_far_above_what_people_write() -> None:
    """A page of many elements, of which few hundred are open at once, is none of our concern."""
    html_nesting.refuse_deep_nesting(nested("<div><span>", "</span></div>", depth=450, times=50).decode())


def test_a_table_that_repeats_itself_without_end_is_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file whose rows name long columns again and again says more than its size lets expect."""
    monkeypatch.setattr(formats, "SMALL_TEXT", 10_000)
    header = ",".join(f"{'long ' * 8}column {letter}" for letter in "abcdefghijklmnopqrst")
    content = (header + "\n" + "7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7,7\n" * 2000).encode()
    with pytest.raises(FileTooLargeError, match=r"bytes unpacks to [\d,]+ characters"):
        read(Format.CSV, content)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers of the kernel")
def test_a_reading_process_ends_when_nobody_watches_it() -> None:
    """Whoever watched the time may have been killed: the kernel ends the process a little later."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "rag.adapters.parsers.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    content = b"Some words of a paragraph.\n\n" * 500_000
    brief = 0.05 - SECONDS_OF_GRACE
    with child.stdin as to_child, child.stdout:  # type: ignore[union-attr] # both are pipes
        send_frame(cast("BinaryIO", to_child), pack_file(Format.MARKDOWN, content, timeout_seconds=brief))
        assert child.wait(20) == -signal.SIGALRM

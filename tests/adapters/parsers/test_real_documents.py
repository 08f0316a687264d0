"""Are collections of real documents read whole, and fast enough?"""

import asyncio
import os
import time
from pathlib import Path

import pytest

from rag.adapters.parsers import FileParser
from rag.domain.documents import ParsedDocument

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("TEST_SHARED_DIR") or ROOT.parent / "shared")
FILINGS = SHARED / "data/documents/sec10q/files"
MANUAL = SHARED / "data/documents/sqlite_docs/html"
SECONDS = 60.0


async def parse_all(paths: list[Path]) -> tuple[list[ParsedDocument], float]:
    """Read files side by side; give what was read and how many seconds it took."""
    parser = FileParser()
    started = time.perf_counter()
    try:
        parsed = await asyncio.gather(*(parser.parse(path.name, path.read_bytes()) for path in paths))
    finally:
        parser.close()
    return list(parsed), time.perf_counter() - started


@pytest.mark.skipif(not FILINGS.is_dir(), reason="the shared filings (sec10q) are not on this machine")
async def test_filings_are_read() -> None:
    """Twenty quarterly reports, encrypted by their owner, give text on every page but a blank one or two."""
    parsed, seconds = await parse_all(sorted(FILINGS.glob("*.pdf")))
    assert len(parsed) == 20
    for one in parsed:
        assert sum(page.end - page.start < 20 for page in one.pages) <= 2
        assert len(one.text) > 50_000
        assert one.dated is not None
    assert seconds < SECONDS


@pytest.mark.skipif(not MANUAL.is_dir(), reason="the shared manual (sqlite_docs) is not on this machine")
async def test_manual_is_read() -> None:
    """Every page of a real manual gives its text, nearly every one a title, and none its menu."""
    parsed, seconds = await parse_all(sorted(MANUAL.rglob("*.html")))
    assert len(parsed) == 240
    for one in parsed:
        assert len(one.text) > 20
        assert "Small. Fast. Reliable." not in one.text[:500]
        assert "toggle_div" not in one.text
    assert sum(one.title is None for one in parsed) <= 1
    assert seconds < SECONDS

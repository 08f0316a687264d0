"""The reference pages say what the code says."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> dict[str, object]:
    """Load the program that writes the pages."""
    return runpy.run_path(str(ROOT / "docs" / "reference" / "generate.py"))


@pytest.mark.parametrize("page", ["settings.md", "errors.md", "metrics.md", "cli.md", "http.md"])
def test_a_page_is_what_the_code_says(generator: dict[str, object], page: str) -> None:
    """A page that was edited by hand or left behind fails; `make docs` writes it anew."""
    pages = generator["PAGES"]
    assert isinstance(pages, dict)
    assert (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8") == pages[page]()

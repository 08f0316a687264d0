"""Write the reference pages from the code, so that they cannot lie.

python docs/reference/generate.py           writes the pages
python docs/reference/generate.py --check   exits 1 when a page on disk differs from the code
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from rag.adapters.archives.reading import TARS, ZIPS
from rag.adapters.parsers.formats import EXTENSIONS, WHAT_IS_KEPT, Format
from rag.bootstrap import PrometheusTelemetry, Settings
from rag.domain.errors import RagError
from rag.interfaces.cli.exit_codes import exit_code_of
from rag.interfaces.cli.reference import cli_reference
from rag.interfaces.http.errors import status_of
from rag.interfaces.http.reference import http_reference

HERE = Path(__file__).parent
WRITTEN_BY = "<!-- Written by docs/reference/generate.py; edit the code instead. -->\n"


def settings_page() -> str:
    """One row a setting, from the settings class."""
    rows = ["# Settings", "", WRITTEN_BY, "Every setting is an environment variable, read once at the start."]
    rows += ["An unknown `RAG_…` name or a malformed value stops the start with one line.", ""]
    rows += ["| variable | default | values | what it does |", "|---|---|---|---|"]
    schema = Settings.model_json_schema(by_alias=True)
    properties: dict[str, dict[str, Any]] = schema["properties"]
    definitions: dict[str, dict[str, Any]] = schema["$defs"]
    for field in Settings.model_fields.values():
        name = str(field.alias)
        cells = (
            f"`{name}`",
            _default(field.default),
            _values(properties[name], definitions),
            str(field.description),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _default(value: object) -> str:
    shown = value.value if isinstance(value, Enum) else value
    if shown is None:
        return "unset"
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`" if _is_plain(shown) else "see text"


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _values(schema: dict[str, Any], definitions: dict[str, dict[str, Any]]) -> str:
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    option = options[0]
    if "$ref" in option:
        return ", ".join(f"`{one}`" for one in definitions[option["$ref"].rpartition("/")[2]]["enum"])
    low, high = option.get("minimum"), option.get("maximum")
    limits = f" {low:g} to {high:g}" if low is not None and high is not None else ""
    return f"{option.get('type', 'string')}{limits}"


def errors_page() -> str:
    """One row an error, from the classes themselves."""
    rows = ["# Errors", "", WRITTEN_BY, "Every failure that the service foresees, by its `code`.", ""]
    rows += ["| code | counted as | HTTP | exit | what it means | what to do |", "|---|---|---|---|---|---|"]
    for error in sorted(error_classes(RagError), key=lambda error: error.code):
        meaning = (error.__doc__ or "").strip().splitlines()[0]
        rows.append(
            f"| `{error.code}` | `{error.kind}` | {status_of(error)} | {exit_code_of(error)} "
            f"| {meaning} | {error.advice} |"
        )
    return "\n".join(rows) + "\n"


def error_classes(base: type[RagError]) -> Iterator[type[RagError]]:
    """Give every error class once, the base first."""
    seen: set[type[RagError]] = set()
    waiting = [base]
    while waiting:
        error = waiting.pop()
        if error not in seen and error.__module__.startswith("rag."):
            seen.add(error)
            yield error
            waiting.extend(error.__subclasses__())


def metrics_page() -> str:
    """One row a metric, from the registry that is exported."""
    rows = ["# Metrics", "", WRITTEN_BY, "What `GET /metrics` exports, in Prometheus's text format.", ""]
    rows += ["| metric | type | labels | what it tells |", "|---|---|---|---|"]
    for metric in sorted(PrometheusTelemetry(version="0").registry.collect(), key=lambda metric: metric.name):
        name = f"{metric.name}_total" if metric.type == "counter" else metric.name
        labels = sorted({label for sample in metric.samples for label in sample.labels} - {"le"})
        shown = ", ".join(f"`{label}`" for label in labels) or "none"
        rows.append(f"| `{name}` | {metric.type} | {shown} | {metric.documentation} |")
    return "\n".join(rows) + "\n"


def formats_page() -> str:
    """One row a format, from what chooses the reader."""
    rows = ["# Formats", "", WRITTEN_BY, "Which files are read, and what of them is kept.", ""]
    rows += ["| format | names end in | what is kept |", "|---|---|---|"]
    for kind, kept in WHAT_IS_KEPT.items():
        of = Format.PDF if kind is Format.SCANNED_PDF else kind
        endings = ", ".join(f"`{ending}`" for ending, found in EXTENSIONS.items() if found is of)
        rows.append(f"| {kind} | {endings} | {kept} |")
    rows += ["", "A file's content goes before its name: a PDF that is called `report.txt` is read as a PDF."]
    rows += ["Archives ("]
    rows[-1] += ", ".join(f"`{ending}`" for ending in ZIPS + TARS)
    rows[-1] += ") stand for the files in them; each of those becomes a document of its own."
    return "\n".join(rows) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "errors.md": errors_page,
    "metrics.md": metrics_page,
    "cli.md": cli_reference,
    "http.md": http_reference,
    "formats.md": formats_page,
}


def stale_pages() -> list[str]:
    """Name the pages on disk that differ from what the code says."""
    return [name for name, page in PAGES.items() if _on_disk(name) != page()]


def _on_disk(name: str) -> str:
    path = HERE / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main() -> int:
    """Write or check the pages."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    if arguments.parse_args().check:
        stale = stale_pages()
        if stale:
            print(f"Stale: {', '.join(stale)}. Run: make docs", file=sys.stderr)
        return 1 if stale else 0
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

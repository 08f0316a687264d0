"""In which format is a test set, and is it sound?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from rag.adapters.test_sets.beir import read_beir
from rag.adapters.test_sets.changing import one_change_in
from rag.adapters.test_sets.csv_cases import read_csv
from rag.adapters.test_sets.disk import resolved, text_of, write_atomically
from rag.adapters.test_sets.json_cases import json_of, read_json
from rag.domain.golden import GoldenSet, InvalidTestSetError, fault_of

TABLES: Final = (".csv", ".tsv")


class FileTestSets:
    """Our own JSON, folders in BEIR's layout, and tables; implements `rag.ports.test_sets.TestSets`."""

    __test__: ClassVar[bool] = False  # its name looks like a test's to pytest

    def read(self, path: Path) -> GoldenSet:
        """This will read whatever `path` is."""
        golden = self._parsed(path)
        _check(golden, file=str(path))
        return golden

    def write(self, path: Path, golden: GoldenSet) -> None:
        """This will write JSON in one step."""
        if path.suffix.lower() != ".json":
            raise InvalidTestSetError(
                "Only JSON is written; name a file that ends with .json.", file=str(path)
            )
        _check(golden, file=str(path))
        write_atomically(path, json_of(golden))

    @contextmanager
    def changing(self, path: Path) -> Iterator[None]:
        """This will let one change at a time into the test set's folder."""
        with one_change_in(resolved(path).parent):
            yield

    def _parsed(self, path: Path) -> GoldenSet:
        if path.is_dir():
            return read_beir(path)
        suffix = path.suffix.lower()
        if suffix in TABLES:
            return read_csv(text_of(path), file=str(path), name=path.stem)
        if suffix == ".json":
            return read_json(text_of(path), file=str(path))
        text_of(path)  # what is not there is said first
        raise InvalidTestSetError(
            "A test set is a .json or .csv file, or a folder in BEIR's layout.", file=str(path)
        )


def _check(golden: GoldenSet, *, file: str) -> None:
    if not golden.cases:
        raise InvalidTestSetError("There is no case in it.", file=file, field="cases")
    seen: set[str] = set()
    for case in golden.cases:
        fault = fault_of(case)
        if fault:
            raise InvalidTestSetError(fault.reason, file=file, place=f"case {case.id}", field=fault.field)
        if case.id in seen:
            raise InvalidTestSetError(
                "Another case has the same id.", file=file, place=f"case {case.id}", field="id"
            )
        seen.add(case.id)

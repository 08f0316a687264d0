"""Which built graph is already on disk, whole and made for this machine?"""

import hashlib
import json
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

import structlog

from rag.adapters.embedder.calibrated import Built
from rag.adapters.embedder.digests import file_sha256
from rag.adapters.embedder.layout import Layout
from rag.adapters.embedder.openvino_network import read_graph
from rag.ports.models import ModelLoadError

# Raised when the graph, the quantisation or the calibration texts change.
BUILDER: Final = 1

_GRAPH: Final = "graph.xml"
_NUMBERS: Final = "graph.bin"
_RECORD: Final = "build.json"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GraphCache:
    """One place on disk for one graph.

    Attributes:
        key: everything that decides what the graph is; the place is named after it.
    """

    root: Path
    name: str
    key: Mapping[str, object]

    @property
    def directory(self) -> Path:
        """Where the graph stands."""
        digest = hashlib.sha256(json.dumps(self.key, sort_keys=True).encode()).hexdigest()
        return self.root / f"{re.sub(r'[^A-Za-z0-9.-]+', '-', self.name)}-{digest[:16]}"

    def load(self, openvino: ModuleType) -> Built | None:
        """This will read the graph, or give None where it is missing, damaged or of another make."""
        try:
            return self._read(openvino)
        except FileNotFoundError:
            return None
        except (ModelLoadError, OSError, KeyError, TypeError, ValueError) as error:
            _log.warning("embedder_cache_damaged", directory=self.directory.name, reason=str(error))
            return None

    def store(self, openvino: ModuleType, built: Built) -> bool:
        """This will write the graph beside its place and move it there in one step.

        Returns:
            False when the directory cannot be written; the graph in memory is as good.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.root, prefix=".building-") as place:
                draft = Path(place) / "draft"
                draft.mkdir()
                self._write(openvino, built, draft)
                self._move(draft, Path(place) / "replaced")
        except (OSError, RuntimeError) as error:
            _log.warning("embedder_cache_not_written", directory=str(self.root), reason=str(error))
            return False
        return True

    def _read(self, openvino: ModuleType) -> Built:
        record = json.loads((self.directory / _RECORD).read_bytes())
        if record["key"] != self.key:
            raise ModelLoadError("It was made for something else.")
        for file in (_GRAPH, _NUMBERS):
            if record[file] != file_sha256(self.directory / file):
                raise ModelLoadError(f"{file} is not what was written.")
        return Built(
            graph=read_graph(openvino, self.directory / _GRAPH),
            precision=str(record["precision"]),
            cosine_mean=float(record["cosine_mean"]),
            cosine_min=float(record["cosine_min"]),
        )

    def _write(self, openvino: ModuleType, built: Built, draft: Path) -> None:
        openvino.save_model(built.graph.model, draft / _GRAPH, compress_to_fp16=False)
        record = {
            "key": self.key,
            "precision": built.precision,
            "cosine_mean": round(built.cosine_mean, 6),
            "cosine_min": round(built.cosine_min, 6),
            **{file: file_sha256(draft / file) for file in (_GRAPH, _NUMBERS)},
        }
        (draft / _RECORD).write_text(json.dumps(record, indent=2), encoding="utf-8")

    def _move(self, draft: Path, replaced: Path) -> None:
        # What stands there is damaged, or another process has just written the same graph.
        if self.directory.exists():
            shutil.move(self.directory, replaced)
        draft.rename(self.directory)


def cache_for(
    openvino: ModuleType, layout: Layout, *, name: str, weights_sha256: str, root: Path
) -> GraphCache:
    """This will name the place of a model's graph, for this processor and this OpenVINO."""
    key: dict[str, object] = {
        "builder": BUILDER,
        "openvino": str(openvino.get_version()),
        # int8 rounds differently from one family of processors to another, so the cosine was measured on one.
        "processor": str(openvino.Core().get_property("CPU", "FULL_DEVICE_NAME")),
        "machine": platform.machine(),
        "weights_sha256": weights_sha256,
        "pooling": str(layout.pooling),
        "window": layout.window,
    }
    return GraphCache(root, name, key)

"""Who implements what? Wiring, and nothing else."""

from rag.adapters.prometheus import PrometheusTelemetry
from rag.bootstrap.application import VERSION, Application, open_application
from rag.bootstrap.canary import canary_here, canary_over_http, read_canary_cases
from rag.bootstrap.evaluation import (
    corpus_on_disk,
    open_throwaway,
    runs_on_disk,
    test_sets_on_disk,
    verify_file,
    write_file,
)
from rag.bootstrap.stores import Stores, open_stores
from rag.settings import Settings, load_settings

__all__ = [
    "VERSION",
    "Application",
    "PrometheusTelemetry",
    "Settings",
    "Stores",
    "canary_here",
    "canary_over_http",
    "corpus_on_disk",
    "load_settings",
    "open_application",
    "open_stores",
    "open_throwaway",
    "read_canary_cases",
    "runs_on_disk",
    "test_sets_on_disk",
    "verify_file",
    "write_file",
]

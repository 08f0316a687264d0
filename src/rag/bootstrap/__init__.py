"""Who implements what? Wiring, and nothing else."""

from rag.adapters.prometheus import PrometheusTelemetry
from rag.bootstrap.application import VERSION, Application, open_application
from rag.bootstrap.stores import Stores, open_stores
from rag.settings import Settings, load_settings

__all__ = [
    "VERSION",
    "Application",
    "PrometheusTelemetry",
    "Settings",
    "Stores",
    "load_settings",
    "open_application",
    "open_stores",
]

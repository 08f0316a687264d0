"""Which servers run beside us when none is named, and who shares them?"""

from rag.adapters.embedded.errors import EmbeddedServersError
from rag.adapters.embedded.options import SupervisorOptions
from rag.adapters.embedded.servers import EmbeddedServers

__all__ = ["EmbeddedServers", "EmbeddedServersError", "SupervisorOptions"]

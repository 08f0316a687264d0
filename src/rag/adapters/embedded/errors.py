"""What goes wrong with the servers that we start ourselves?"""

from typing import ClassVar

from rag.domain.errors import UnavailableError


class EmbeddedServersError(UnavailableError):
    """A server beside us cannot be started; the message says which one, why, and where its log is."""

    code: ClassVar[str] = "embedded_servers_unavailable"
    kind: ClassVar[str] = "Unavailable"
    advice: ClassVar[str] = (
        "Correct what the message names and start again, or name servers of your own "
        "with DATABASE_URL and QDRANT_URL."
    )

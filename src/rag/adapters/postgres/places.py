"""Which documents came from below a place, such as a folder or an archive?"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres.stored_text import storable
from rag.ports.library import StoredPlace

# As the index `documents_by_place` has it: an entry of an index holds no more, a path may be longer.
_START_CHARACTERS: Final = 512

# A range and not LIKE, so that no sign in a path means anything and every plan may use the index.
_UNDER: Final = """
    SELECT id, file_path, source, content_hash FROM documents
    WHERE left(file_path, 512) COLLATE "C" >= :first {until} {further}
      AND starts_with(file_path, :prefix)
    ORDER BY left(file_path, 512) COLLATE "C", id
    LIMIT :most
"""
_UNTIL: Final = 'AND left(file_path, 512) COLLATE "C" < :last'
_FURTHER: Final = 'AND (left(file_path, 512) COLLATE "C", id) > (:seen, :seen_id)'


async def places_under(
    connection: AsyncConnection, prefix: str, *, limit: int, after: StoredPlace | None
) -> Sequence[StoredPlace]:
    """This will list documents whose path begins with `prefix`, in order of path."""
    prefix = storable(prefix)
    first = prefix[:_START_CHARACTERS]
    last = _after_all(first)
    given: dict[str, Any] = {"prefix": prefix, "first": first, "most": limit}
    given |= {"last": last} if last else {}
    given |= {"seen": after.file_path[:_START_CHARACTERS], "seen_id": after.document_id} if after else {}
    statement = _UNDER.format(until=_UNTIL if last else "", further=_FURTHER if after else "")
    return [StoredPlace(*row) for row in await connection.execute(text(statement), given)]


def _after_all(prefix: str) -> str | None:
    """Give the least text that stands after all that begin with `prefix`; None where there is none."""
    bare = prefix.rstrip("\U0010ffff")
    if not bare:
        return None
    code = ord(bare[-1]) + 1
    return bare[:-1] + chr(0xE000 if code == 0xD800 else code)  # noqa: PLR2004 - what lies between is no text

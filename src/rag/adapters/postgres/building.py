"""How are generations numbered, and how does exactly one of them become the live one?"""

from typing import Final

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from rag.adapters.postgres.rows import generation_of, recipe_document
from rag.adapters.postgres.tables import generations
from rag.domain.errors import NotFoundError
from rag.domain.recipe import IndexRecipe, generation_name
from rag.ports.library import Generation, GenerationState

# Lets readers pass and makes writers follow each other.
_ONE_WRITER: Final = text("LOCK TABLE generations IN SHARE ROW EXCLUSIVE MODE")


async def append_generation(connection: AsyncConnection, recipe: IndexRecipe) -> Generation:
    """This will register a generation under the next number."""
    await connection.execute(_ONE_WRITER)
    last = await connection.scalar(select(func.max(generations.c.number)))
    number = (last or 0) + 1
    row = {
        "name": generation_name(recipe, number=number),
        "number": number,
        "recipe": recipe_document(recipe),
        "state": GenerationState.BUILDING.value,
    }
    stored = await connection.execute(insert(generations).values(row).returning(generations))
    return generation_of(stored.mappings().one())


async def switch_generation(connection: AsyncConnection, name: str) -> Generation:
    """This will make `name` the live generation, and the one before it the previous one.

    Raises:
        NotFoundError: there is no such generation.
    """
    await connection.execute(_ONE_WRITER)
    found = await connection.execute(select(generations).where(generations.c.name == name))
    row = found.mappings().first()
    if row is None:
        raise NotFoundError(f"There is no generation {name}.")
    if row["state"] == GenerationState.LIVE:
        return generation_of(row)
    # Two statements: within one, both rows could be live for a moment, which the index on them refuses.
    before = update(generations).where(generations.c.state == GenerationState.LIVE.value)
    await connection.execute(before.values(state=GenerationState.PREVIOUS.value))
    now = update(generations).where(generations.c.name == name).values(state=GenerationState.LIVE.value)
    changed = await connection.execute(now.returning(generations))
    return generation_of(changed.mappings().one())

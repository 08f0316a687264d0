"""Was a PostgreSQL server of somebody else put to the same tests?"""

from rag.adapters.postgres import PostgresLibrary, connect


async def test_the_named_server_takes_part(external_database_url: str) -> None:
    """Where DATABASE_TEST_URL names a server, every suite here runs against it too."""
    engine = connect(external_database_url, pool_size=1, max_overflow=0)
    await PostgresLibrary(engine).ping()
    await engine.dispose()

"""What is left on the machine when the tests are over?"""

import shutil
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_clusters_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove PostgreSQL's data of the tests' data directories, which for root lies outside of them."""
    yield
    base = tmp_path_factory.getbasetemp()
    for link in (*base.glob("*/postgres"), *base.glob("*/*/postgres")):
        if link.is_symlink():
            shutil.rmtree(link.resolve().parent, ignore_errors=True)

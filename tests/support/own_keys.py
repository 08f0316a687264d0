"""What of the environment must no test use?"""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_key_of_a_judge() -> Iterator[None]:
    """Hide a developer's own key: no test may send anything out of the machine, or cost money."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GROQ_API_KEY", raising=False)
        yield

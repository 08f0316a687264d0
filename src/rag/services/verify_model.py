"""Was a generation built by the embedding model that runs here?"""

from rag.domain.recipe import ModelIdentity
from rag.ports.library import Generation
from rag.ports.search import IndexMismatchError


def verify_model(generation: Generation, *, ours: ModelIdentity) -> None:
    """This will return when questions embedded by `ours` can be compared with the generation's vectors.

    Raises:
        IndexMismatchError: it was built by another model.
    """
    if generation.recipe.model != ours:
        raise IndexMismatchError(
            f"The index {generation.name} was built by {generation.recipe.model}, but {ours} runs here."
        )

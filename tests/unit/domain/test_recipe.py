"""Recipes and the names of what they build."""

from dataclasses import replace

import pytest

from rag.domain.recipe import (
    ChunkingRecipe,
    ChunkingStrategy,
    IndexRecipe,
    InvalidRecipeError,
    LexicalRecipe,
    ModelIdentity,
    generation_name,
)

MODEL = ModelIdentity("all-MiniLM-L6-v2", "fp32", "53aa51172d14", 384, 256)
RECIPE = IndexRecipe(ChunkingRecipe(), LexicalRecipe(), MODEL)


def test_equal_recipes_have_equal_fingerprints_and_any_change_shows() -> None:
    """The fingerprint depends on every part of the recipe."""
    assert RECIPE.fingerprint == IndexRecipe(ChunkingRecipe(), LexicalRecipe(), MODEL).fingerprint
    changed = [
        replace(RECIPE, chunking=ChunkingRecipe(strategy=ChunkingStrategy.FIXED)),
        replace(RECIPE, chunking=ChunkingRecipe(size_tokens=201)),
        replace(RECIPE, lexical=LexicalRecipe(b=0.5)),
        replace(RECIPE, model=replace(MODEL, precision="int8-openvino")),
        replace(RECIPE, schema=99),
    ]
    assert len({RECIPE.fingerprint, *(recipe.fingerprint for recipe in changed)}) == 6


def test_a_generation_is_named_by_number_and_recipe() -> None:
    """Names sort in the order of their numbers."""
    assert generation_name(RECIPE, number=7) == f"rag-0007-{RECIPE.fingerprint}"


@pytest.mark.parametrize(("size", "overlap"), [(15, 0), (2049, 0), (100, 50), (100, -1)])
def test_a_chunking_that_cannot_be_done_is_refused(size: int, overlap: int) -> None:
    """Sizes and overlaps have limits."""
    with pytest.raises(InvalidRecipeError):
        ChunkingRecipe(size_tokens=size, overlap_tokens=overlap)

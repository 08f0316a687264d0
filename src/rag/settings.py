"""Which settings does the environment give?"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.domain.errors import RagError
from rag.domain.recipe import (
    ChunkingRecipe,
    ChunkingStrategy,
    FusionMethod,
    InvalidRecipeError,
    RankingRecipe,
)

OUR_PREFIX: Final = "RAG_"
LATE_INTERACTION: Final = "late-interaction"
NO_RERANKER: Final = "none"

_RANKING: Final = RankingRecipe()
_POSTGRES: Final = r"^postgres(ql)?(\+asyncpg)?://"
_HTTP: Final = r"^https?://"
_Key = Annotated[str, Field(pattern=r"^[!-~]+$")]


class SettingsError(RagError):
    """A setting is unknown or malformed, so nothing was started."""

    code: ClassVar[str] = "settings_invalid"
    kind: ClassVar[str] = "ValidationError"
    advice: ClassVar[str] = "Correct the environment; docs/reference/settings.md lists every setting."


def _default_data_dir() -> Path:
    checkout = Path(__file__).parents[2]
    if (checkout / "pyproject.toml").exists():
        return checkout / ".data"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "rag"


class Settings(BaseModel):
    """Every setting, read once when a command starts; the field's description is its reference text."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    database_url: Annotated[
        str | None,
        Field(
            alias="DATABASE_URL",
            pattern=_POSTGRES,
            repr=False,
            description="PostgreSQL 15 or later; unset starts the embedded one.",
        ),
    ] = None
    db_pool_size: Annotated[
        int,
        Field(
            alias="DB_POOL_SIZE", ge=1, le=500, description="Connections that a process keeps to PostgreSQL."
        ),
    ] = 10
    db_max_overflow: Annotated[
        int,
        Field(alias="DB_MAX_OVERFLOW", ge=0, le=500, description="Further connections in a rush."),
    ] = 5
    qdrant_url: Annotated[
        str | None,
        Field(
            alias="QDRANT_URL",
            pattern=_HTTP,
            description="A Qdrant server; unset starts the embedded engine.",
        ),
    ] = None
    qdrant_api_key: Annotated[
        str | None,
        Field(alias="QDRANT_API_KEY", repr=False, description="The Qdrant server's key."),
    ] = None
    embedding_model: Annotated[
        str,
        Field(
            alias="EMBEDDING_MODEL",
            min_length=1,
            description="A model's name, or a directory with its files.",
        ),
    ] = "all-MiniLM-L6-v2"
    reranker_model: Annotated[
        str,
        Field(
            alias="RERANKER_MODEL",
            min_length=1,
            description="Who judges passages again: `late-interaction`, `none`, or a cross-encoder's name or "
            "directory.",
        ),
    ] = LATE_INTERACTION
    batch_size: Annotated[
        int,
        Field(alias="BATCH_SIZE", ge=1, le=1024, description="Texts embedded at once; bounds memory."),
    ] = 32
    max_concurrent_queries: Annotated[
        int,
        Field(
            alias="MAX_CONCURRENT_QUERIES",
            ge=1,
            le=10_000,
            description="Questions answered at once by a process; further ones get 503 with Retry-After.",
        ),
    ] = 64
    health_check_strict: Annotated[
        bool,
        Field(
            alias="HEALTH_CHECK_STRICT",
            description="GET /health answers 503 when any part fails, not only when no answer is possible.",
        ),
    ] = False
    groq_api_key: Annotated[
        _Key | None, Field(alias="GROQ_API_KEY", repr=False, description="The judge's key; unset: no judge.")
    ] = None
    groq_model: Annotated[
        str, Field(alias="GROQ_MODEL", min_length=1, description="Which model judges in `rag evaluate`.")
    ] = "openai/gpt-oss-20b"
    llm_url: Annotated[
        str, Field(alias="RAG_LLM_URL", pattern=_HTTP, description="The OpenAI-compatible server of it.")
    ] = "https://api.groq.com/openai/v1"
    data_dir: Annotated[
        Path,
        Field(
            alias="RAG_DATA_DIR",
            default_factory=_default_data_dir,
            description="Where embedded servers and built models are kept; unset: `.data` in a checkout.",
        ),
    ]
    chunking_strategy: Annotated[
        ChunkingStrategy,
        Field(
            alias="RAG_CHUNKING_STRATEGY",
            description="How a first generation cuts documents; a live one keeps its own recipe.",
        ),
    ] = ChunkingStrategy.SENTENCE_AWARE
    chunk_size_tokens: Annotated[
        int,
        Field(
            alias="RAG_CHUNK_SIZE",
            ge=16,
            le=2048,
            description="Tokens of a chunk in a first generation, in the embedding model's tokens.",
        ),
    ] = 200
    chunk_overlap_tokens: Annotated[
        int,
        Field(
            alias="RAG_CHUNK_OVERLAP",
            ge=0,
            le=1023,
            description="Tokens that neighbouring chunks share in a first generation.",
        ),
    ] = 30
    answer_floor: Annotated[
        float,
        Field(
            alias="RAG_ANSWER_FLOOR",
            ge=0.0,
            le=1.0,
            description="The confidence that an answer must reach, else the question is declined.",
        ),
    ] = _RANKING.floor
    fusion: Annotated[
        FusionMethod,
        Field(
            alias="RAG_FUSION",
            description="How the rankings by vector and by words become one: their scores, or places alone.",
        ),
    ] = _RANKING.fusion
    dense_weight: Annotated[
        float,
        Field(
            alias="RAG_DENSE_WEIGHT",
            ge=0.0,
            le=1.0,
            description="The say of the vectors beside the words, where scores are added.",
        ),
    ] = _RANKING.dense_weight
    rerank_weight: Annotated[
        float,
        Field(
            alias="RAG_RERANK_WEIGHT",
            ge=0.0,
            le=1.0,
            description="The say of the reranker beside the order that it is given.",
        ),
    ] = _RANKING.rerank_weight
    canary_test_set: Annotated[
        Path | None,
        Field(
            alias="RAG_CANARY_TEST_SET",
            description="A test set whose questions `rag serve` asks itself; unset: none are asked.",
        ),
    ] = None
    canary_seconds: Annotated[
        int,
        Field(
            alias="RAG_CANARY_SECONDS",
            ge=1,
            le=86_400,
            description="Seconds from the start of one run over these questions to that of the next.",
        ),
    ] = 900
    token_cache_mib: Annotated[
        int,
        Field(
            alias="RAG_TOKEN_CACHE_MIB",
            ge=0,
            le=65_536,
            description="Memory for token vectors of judged passages, so that each is read once; 0: none.",
        ),
    ] = 64
    recognises_text: Annotated[
        bool,
        Field(
            alias="RAG_OCR",
            description="Pages of PDFs that hold images alone are read by an installed tesseract.",
        ),
    ] = False
    inference_threads: Annotated[
        int | None,
        Field(
            alias="RAG_INFERENCE_THREADS",
            ge=1,
            le=256,
            description="Threads of the embedding model; unset uses every core.",
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(
            alias="RAG_LOG_LEVEL",
            description="The least severe line that is logged: debug, info, warning or error.",
        ),
    ] = "info"

    @model_validator(mode="after")
    def _chunks_can_be_cut(self) -> Self:
        """Tell a size and an overlap that do not fit before anything is started."""
        try:
            _ = self.chunking
        except InvalidRecipeError as error:
            raise ValueError(str(error)) from error
        return self

    def ranking(self, *, reranker: str) -> RankingRecipe:
        """How passages are ranked with the reranker of this name, and when a question is declined."""
        return RankingRecipe(
            fusion=self.fusion,
            dense_weight=self.dense_weight,
            reranker=reranker,
            rerank_weight=self.rerank_weight,
            floor=self.answer_floor,
        )

    @property
    def chunking(self) -> ChunkingRecipe:
        """How a first generation cuts documents."""
        return ChunkingRecipe(
            strategy=self.chunking_strategy,
            size_tokens=self.chunk_size_tokens,
            overlap_tokens=self.chunk_overlap_tokens,
        )


def setting_names() -> frozenset[str]:
    """This will name every environment variable that we read."""
    return frozenset(str(field.alias) for field in Settings.model_fields.values())


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """This will read the settings from `environment`, or from the process's own.

    Raises:
        SettingsError: a setting of ours is unknown, or a value is malformed; the message is one line.
    """
    given = os.environ if environment is None else environment
    unknown = sorted(name for name in given if name.startswith(OUR_PREFIX) and name not in setting_names())
    if unknown:
        raise SettingsError(f"Unknown setting {', '.join(unknown)}.")
    known = {name: value for name, value in given.items() if name in setting_names() and value != ""}
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "RAG_CHUNK_SIZE with RAG_CHUNK_OVERLAP"
        raise SettingsError(f"{name} is malformed: {first['msg']} (given: {_shown(name, known)}).") from error


def _shown(name: str, known: Mapping[str, str]) -> str:
    is_secret = name.endswith(("_KEY", "_URL"))
    return "a value not shown here" if is_secret else repr(known.get(name))

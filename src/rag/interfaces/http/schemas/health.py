"""How is the service's state shown?"""

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from rag.domain.recipe import ModelIdentity
from rag.services.check_health import Health, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PartBody:
    """One part that we depend on."""

    status: Annotated[Status, Field(description="`ok` or `down`.")]
    latency_ms: Annotated[float, Field(description="How long it took to say so.")]
    detail: Annotated[str, Field(description="What it said, or why it is down.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthBody:
    """The whole picture."""

    status: Annotated[Status, Field(description="`ok`, `degraded` or `down`: no question is answered.")]
    version: Annotated[str, Field(description="The service's version.")]
    embedding_model: Annotated[str, Field(description="The name of the embedding model that runs here.")]
    embedding_model_key: Annotated[
        str, Field(description="The same with its arithmetic and its weights' fingerprint.")
    ]
    generation: Annotated[str | None, Field(description="The live build of the index; null: none yet.")]
    dependencies: Annotated[dict[str, PartBody], Field(description="Every part that we depend on.")]

    @classmethod
    def of(cls, health: Health, *, model: ModelIdentity, version: str) -> "HealthBody":
        """This will show the service's state."""
        parts = {
            part.name: PartBody(status=part.status, latency_ms=round(part.latency_ms, 3), detail=part.detail)
            for part in health.parts
        }
        return cls(
            status=health.status,
            version=version,
            embedding_model=model.name,
            embedding_model_key=model.key,
            generation=health.generation.name if health.generation else None,
            dependencies=parts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeBody:
    """The answer to a probe."""

    status: Annotated[str, Field(description="`alive` or `ready`.")]


HEALTH_EXAMPLE: Final = HealthBody(
    status=Status.OK,
    version="0.1.0",
    embedding_model="all-MiniLM-L6-v2",
    embedding_model_key="all-MiniLM-L6-v2/int8-openvino/53aa51172d14",
    generation="rag-0001-4f1d2c9a",
    dependencies={
        "postgres": PartBody(status=Status.OK, latency_ms=1.2, detail="12 documents, 340 chunks"),
        "qdrant": PartBody(status=Status.OK, latency_ms=0.9, detail="340 points in rag-0001-4f1d2c9a"),
    },
)
DOWN_EXAMPLE: Final = HealthBody(
    status=Status.DOWN,
    version="0.1.0",
    embedding_model="all-MiniLM-L6-v2",
    embedding_model_key="all-MiniLM-L6-v2/int8-openvino/53aa51172d14",
    generation=None,
    dependencies={
        "postgres": PartBody(status=Status.DOWN, latency_ms=2000.4, detail="no answer within 2 s"),
        "qdrant": PartBody(status=Status.OK, latency_ms=0.9, detail="340 points in rag-0001-4f1d2c9a"),
    },
)

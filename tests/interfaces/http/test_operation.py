"""Health, probes and metrics over HTTP."""

import httpx
import pytest

from rag.adapters.prometheus import ERROR_KINDS
from rag.bootstrap import VERSION
from rag.interfaces.http.app import create_app
from rag.interfaces.http.background import Warmth
from rag.ports.library import LibraryUnavailableError
from tests.interfaces.http.stand import QUESTION, OptionalPart, Stand, client_of, is_problem


class NoLibrary:
    """A needed part that is away."""

    name = "postgres"
    needed = True

    async def check(self) -> str:
        """Say so."""
        raise LibraryUnavailableError("PostgreSQL refused the connection.")


async def test_health_shows_the_whole_picture(client: httpx.AsyncClient, stand: Stand) -> None:
    """Status, model, generation, and every part with its latency."""
    reply = await client.get("/health")
    assert reply.status_code == 200
    body = reply.json()
    assert (body["status"], body["version"]) == ("ok", VERSION)
    assert body["embedding_model"] == stand.bench.embedder.identity.name
    assert body["embedding_model_key"] == stand.bench.embedder.identity.key
    assert body["generation"].startswith("rag-0001-")
    assert set(body["dependencies"]) == {"postgres", "qdrant"}
    for part in body["dependencies"].values():
        assert part["status"] == "ok"
        assert part["latency_ms"] > 0
        assert part["detail"]


@pytest.mark.parametrize(("strict", "status"), [("false", 200), ("true", 503)])
async def test_a_part_that_is_not_needed_counts_only_when_strict(
    stand: Stand, strict: str, status: int
) -> None:
    """Degraded is fit to answer; HEALTH_CHECK_STRICT wants everything."""
    stand.further_checks = [OptionalPart()]
    stand.settings = {"HEALTH_CHECK_STRICT": strict}
    async with stand.client() as client:
        reply = await client.get("/health")
        assert reply.status_code == status
        assert reply.json()["status"] == "degraded"
        assert reply.json()["dependencies"]["extra"]["status"] == "down"
        assert (await client.get("/readyz")).status_code == 200


async def test_without_a_needed_part_nothing_is_ready(stand: Stand) -> None:
    """Health and readiness say so, naming the part; liveness does not care; no error is counted."""
    stand.further_checks = [NoLibrary()]
    async with stand.client() as client:
        health = await client.get("/health")
        assert health.status_code == 503
        assert health.json()["status"] == "down"
        assert "postgres" in is_problem(await client.get("/readyz"), status=503, code="not_ready")["detail"]
        assert (await client.get("/livez")).json() == {"status": "alive"}
    assert sum(stand.count("rag_errors_total", kind=kind) for kind in ERROR_KINDS) == 0


async def test_nothing_is_ready_before_the_model_is_warm(stand: Stand) -> None:
    """A first question would wait for the warm-up, so none is sent here."""
    app = create_app(stand.application())
    app.state.warm = Warmth()
    async with client_of(app) as client:
        is_problem(await client.get("/readyz"), status=503, code="not_ready")
        app.state.warm.set()
        assert (await client.get("/readyz")).json() == {"status": "ready"}


async def test_metrics_have_the_runbooks_names(client: httpx.AsyncClient) -> None:
    """Every kind of error starts at 0, and the latency has the exact bounds."""
    await client.post("/query", json={"question": QUESTION})
    reply = await client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    lines = reply.text.splitlines()
    assert 'rag_queries_total{outcome="answered"} 1.0' in lines
    for kind in ERROR_KINDS:
        assert f'rag_errors_total{{kind="{kind}"}} 0.0' in lines
    for bound in ("0.5", "1.0", "2.0", "2.5", "3.0"):
        assert f'rag_query_latency_seconds_bucket{{le="{bound}"}} 1.0' in lines
    assert "rag_active_queries 0.0" in lines

"""Which judge do the settings give?"""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rag.bootstrap.judging import open_judge
from rag.ports.judging import JudgeUnavailableError
from rag.settings import load_settings
from tests.support.chat_server import chat_server, saying


async def test_without_a_key_there_is_none(tmp_path: Path) -> None:
    """Whatever else is set."""
    settings = load_settings({"RAG_DATA_DIR": str(tmp_path), "GROQ_MODEL": "a-model"})
    async with AsyncExitStack() as stack:
        assert open_judge(settings, stack) is None


async def test_the_settings_name_server_key_and_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """All three reach the server, and the judge is closed with what opened it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with chat_server(saying('{"correct": true}')) as server:
        given = {"GROQ_API_KEY": "gsk-1", "GROQ_MODEL": "a-model", "RAG_LLM_URL": server.url}
        async with AsyncExitStack() as stack:
            judge = open_judge(load_settings(given), stack)
            assert judge is not None
            assert await judge.judge("Why?", "So.", accepted=["so"])
    assert server.keys == ["Bearer gsk-1"]
    assert server.requests[0]["model"] == "a-model"
    with pytest.raises(RuntimeError, match="closed"):
        await judge.judge("Why?", "So.", accepted=["so"])


async def test_an_address_that_is_none_fails_when_it_is_asked() -> None:
    """And not when a service starts, which needs no judge."""
    given = {"GROQ_API_KEY": "gsk-1", "RAG_LLM_URL": "http://[::1"}
    async with AsyncExitStack() as stack:
        judge = open_judge(load_settings(given), stack)
        assert judge is not None
        with pytest.raises(JudgeUnavailableError, match="could not be asked"):
            await judge.judge("Why?", "So.", accepted=["so"])

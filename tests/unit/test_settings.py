"""Reading the environment."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rag.settings import Settings, SettingsError, load_settings


def test_an_empty_environment_gives_the_defaults() -> None:
    """No setting is needed to start."""
    settings = load_settings({})
    assert settings.database_url is None
    assert settings.embedding_model == "all-MiniLM-L6-v2"
    assert settings.batch_size == 32


def test_settings_are_read_under_the_names_that_operators_know() -> None:
    """The runbook's names, without a prefix, and ours with one."""
    settings = load_settings(
        {"BATCH_SIZE": "16", "HEALTH_CHECK_STRICT": "true", "RAG_DATA_DIR": "/srv/rag", "PATH": "/bin"}
    )
    assert (settings.batch_size, settings.health_check_strict) == (16, True)
    assert settings.data_dir == Path("/srv/rag")


def test_an_empty_value_is_no_value() -> None:
    """`DATABASE_URL=` in a file of settings means the embedded server."""
    assert load_settings({"DATABASE_URL": ""}).database_url is None


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"RAG_CHUNKSIZE": "100"}, "Unknown setting RAG_CHUNKSIZE."),
        ({"BATCH_SIZE": "many"}, "BATCH_SIZE is malformed"),
        ({"BATCH_SIZE": "0"}, "BATCH_SIZE is malformed"),
        ({"RAG_CHUNKING_STRATEGY": "by-page"}, "RAG_CHUNKING_STRATEGY is malformed"),
        ({"HEALTH_CHECK_STRICT": "perhaps"}, "HEALTH_CHECK_STRICT is malformed"),
        ({"DATABASE_URL": "foo"}, "DATABASE_URL is malformed"),
        ({"QDRANT_URL": "localhost:6333"}, "QDRANT_URL is malformed"),
        ({"RAG_LLM_URL": "localhost:8080"}, "RAG_LLM_URL is malformed"),
        ({"GROQ_API_KEY": "two words"}, "GROQ_API_KEY is malformed"),
        ({"RAG_CHUNK_SIZE": "50"}, "An overlap of 30 tokens does not fit chunks of 50."),
    ],
)
def test_a_wrong_setting_is_told_in_one_line(environment: dict[str, str], message: str) -> None:
    """The line names the setting."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environment)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    """They are read once and stay."""
    with pytest.raises(ValidationError):
        load_settings({}).batch_size = 1


def test_a_secret_is_not_shown() -> None:
    """Neither in the settings' text nor anywhere an error could carry it."""
    settings = load_settings(
        {"QDRANT_API_KEY": "s3cret", "GROQ_API_KEY": "gsk-s3cret", "DATABASE_URL": "postgresql://u:pw@db/rag"}
    )
    assert "s3cret" not in repr(settings)
    assert isinstance(settings, Settings)
    assert "pw" not in repr(settings)


def test_a_malformed_secret_is_not_shown_either() -> None:
    """Neither in the line that is printed nor in what a traceback shows of its cause."""
    with pytest.raises(SettingsError) as caught:
        load_settings({"GROQ_API_KEY": "s3cret\n"})
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


def test_there_is_a_judge_only_where_there_is_a_key() -> None:
    """Nothing is sent anywhere by default, and an empty key is none."""
    assert load_settings({"GROQ_API_KEY": ""}).groq_api_key is None
    settings = load_settings({"GROQ_API_KEY": "gsk-1"})
    assert settings.groq_api_key == "gsk-1"
    assert settings.groq_model == "openai/gpt-oss-20b"
    assert settings.llm_url == "https://api.groq.com/openai/v1"

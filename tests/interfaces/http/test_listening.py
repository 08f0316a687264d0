"""Listening, and logging to standard error."""

import io
import json
import logging
import socket
import sys

import pytest
import structlog

from rag.interfaces.http.errors import AddressUnusableError
from rag.interfaces.http.listening import listening
from rag.interfaces.log import configure_logging, logger


def test_a_port_in_use_is_told_in_one_line() -> None:
    """The line names the address, and the advice says what to do."""
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressUnusableError) as told, listening("127.0.0.1", port):
            pass
    message = str(told.value)
    assert f"127.0.0.1 port {port}" in message
    assert "in use" in message
    assert "\n" not in message
    assert "--port" in told.value.advice


@pytest.mark.parametrize(
    ("host", "port"), [("256.1.1.1", 8000), ("127.0.0.1", 70_000), ("192.0.2.1", 8000), ("", -1)]
)
def test_an_address_that_is_not_ours_is_told_too(host: str, port: int) -> None:
    """No address, no port, and somebody else's address."""
    with pytest.raises(AddressUnusableError), listening(host, port):
        pass


def test_a_port_can_be_taken_again_at_once() -> None:
    """A restart does not wait for old connections to be forgotten."""
    with listening("127.0.0.1", 0) as taken:
        address = taken.getsockname()
        with socket.create_connection(address) as client:
            accepted, _ = taken.accept()
            accepted.close()
            assert client.recv(1) == b""
    with listening("127.0.0.1", address[1]) as again:
        assert again.getsockname() == address


def _failure(secret: str) -> Exception:
    try:
        return ValueError(str(int(f"{len(secret)}?")))
    except ValueError as error:
        return error


def test_log_lines_are_json_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours and the libraries' alike; what is below the level is left out, and a trace shows no variables."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    root, before = logging.getLogger(), structlog.get_config()
    kept_handlers, kept_level = root.handlers[:], root.level
    try:
        configure_logging("info")
        logger().debug("not shown")
        logger().info("query", latency_ms=3.5, name="Übersicht")
        logging.getLogger("library").info("not shown")
        logging.getLogger("library").warning("careful")
        logger().error("failed", exc_info=_failure("hunter2"))
    finally:
        structlog.configure(**before)
        root.handlers[:], root.level = kept_handlers, kept_level
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("query", "info"),
        ("careful", "warning"),
        ("failed", "error"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert (lines[0]["latency_ms"], lines[0]["name"]) == (3.5, "Übersicht")
    assert lines[1]["logger"] == "library"
    assert "ValueError: invalid literal" in lines[2]["exception"]
    assert "hunter2" not in written.getvalue()

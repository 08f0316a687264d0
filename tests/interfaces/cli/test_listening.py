"""The demo finds a port of its own."""

import socket

from rag.interfaces.cli.listening import next_free

HOST = "127.0.0.1"


def test_a_free_port_is_taken_as_it_is() -> None:
    """Nothing is changed without need."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    assert next_free(HOST, port) == port


def test_a_taken_port_gives_a_higher_one() -> None:
    """Two demos can run side by side."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        free = next_free(HOST, port)
        assert free > port
        with socket.create_server((HOST, free)):
            pass


def test_an_address_that_is_not_ours_is_left_to_the_service_to_explain() -> None:
    """Searching other ports would not help there."""
    assert next_free("192.0.2.1", 8000) == 8000

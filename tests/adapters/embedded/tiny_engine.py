"""A stand-in for the vector engine: ready at once, ends on SIGTERM, and ends when its parent has gone."""

import argparse
import os
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path


class Ready(BaseHTTPRequestHandler):
    """Answers 200 to every GET."""

    def do_GET(self) -> None:
        """Say that we are ready."""
        self.send_response(200)
        self.end_headers()

    def address_string(self) -> str:
        """A Unix socket has no address to print."""
        return "unix"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    """HTTP over a Unix socket, one thread a connection."""

    daemon_threads = True


def end_with_parent(parent: int) -> None:
    """End this process as soon as `parent` has gone."""
    while os.getppid() == parent:
        time.sleep(0.05)
    os._exit(0)


def main() -> None:
    """Serve until told to end."""
    parent = os.getppid()
    parser = argparse.ArgumentParser()
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--socket", required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=end_with_parent, args=(parent,), daemon=True).start()
    with UnixServer(arguments.socket, Ready) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()

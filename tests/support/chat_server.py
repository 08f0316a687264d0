"""A language model's server for tests: it speaks the wire format, and says what it is told to."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server answers once; `after_seconds` it waits first."""

    status: int = 200
    body: bytes = b""
    headers: Sequence[tuple[str, str]] = ()
    after_seconds: float = 0.0


@dataclass
class ChatServer:
    """What was asked, and what is answered: one reply after the other, the last one for good."""

    replies: list[Reply]
    port: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base of its addresses."""
        return f"http://127.0.0.1:{self.port}/openai/v1"

    def asked_by(self, role: str) -> str:
        """Give what the last request said in this role."""
        (text,) = [one["content"] for one in self.requests[-1]["messages"] if one["role"] == role]
        return str(text)


def saying(content: object) -> Reply:
    """Make a whole completion with this content."""
    message = {"role": "assistant", "content": content}
    shape = {"object": "chat.completion", "choices": [{"index": 0, "message": message}]}
    return Reply(body=json.dumps(shape).encode())


@contextmanager
def chat_server(*replies: Reply) -> Iterator[ChatServer]:
    """Run such a server on this machine for as long as the block lasts."""
    told = ChatServer(list(replies))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.paths.append(self.path)
            told.keys.append(self.headers["Authorization"])
            reply = told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            time.sleep(reply.after_seconds)
            with suppress(ConnectionError):  # who asked may have gone
                self.send_response(reply.status)
                for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Keep silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()

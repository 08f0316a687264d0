"""On which port can the demo's service listen, when the usual one is taken?"""

import errno
import socket
from typing import Final

PORTS_TRIED: Final = 100
HIGHEST_PORT: Final = 65535


def next_free(host: str, port: int) -> int:
    """This will give `port`, or the next higher one that nobody listens on.

    Where there is none nearby, or another reason stands against listening, it gives `port`: the service
    itself then says what is wrong.
    """
    for candidate in range(port, min(port + PORTS_TRIED, HIGHEST_PORT + 1)):
        try:
            socket.create_server((host, candidate)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return port
        else:
            return candidate
    return port

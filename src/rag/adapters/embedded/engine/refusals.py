"""What do we answer when we cannot do what a request asks?"""


class RefusedError(Exception):
    """A request that is not carried out: `status` is the HTTP status, the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def malformed(reason: str) -> RefusedError:
    """This will make the refusal of a request that is wrong in itself."""
    return RefusedError(400, f"Wrong input: {reason}")


def missing_collection(name: str) -> RefusedError:
    """This will make the refusal of a request about a collection or alias that does not exist."""
    return RefusedError(404, f"Not found: Collection `{name}` doesn't exist!")


def not_implemented(what: str) -> RefusedError:
    """This will make the refusal of what a Qdrant server can do and this process cannot."""
    return RefusedError(501, f"Not implemented by the embedded engine: {what}")

"""How does a golden question reach a service, and what did it find?"""

import asyncio
from typing import Any, ClassVar, Final

import httpx

from rag.domain.canary import FoundText
from rag.domain.errors import UnavailableError
from rag.services.run_canary import Found

TIMEOUT_SECONDS: Final = 30.0
REQUEST_ID: Final = "canary"  # what the log shows for each of its questions


class NoReplyError(UnavailableError):
    """A service did not answer a golden question, or answered something else."""

    code: ClassVar[str] = "service_no_reply"
    advice: ClassVar[str] = "Check the address, and whether the service is up: GET /readyz says why not."


class SearchOverHttp:
    """Finds passages by POST /search, so that nothing enters the query log."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """This will find at most `top_k` passages.

        Raises:
            NoReplyError: there was no reply in time, or it was not one of a search.
        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reply = await self._client.post(
                    "/search",
                    json={"question": question, "top_k": top_k},
                    headers={"X-Request-ID": REQUEST_ID},
                    timeout=TIMEOUT_SECONDS,
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoReplyError(
                f"The service did not answer: {str(error) or type(error).__name__}."
            ) from error
        if reply.status_code != httpx.codes.OK:
            raise NoReplyError(f"The service answered {reply.status_code}: {_told(reply)}")
        try:
            return _found(reply.json())
        except (LookupError, TypeError, ValueError) as error:
            raise NoReplyError("The service answered something that is not the reply of a search.") from error


def _found(body: Any) -> Found:  # noqa: ANN401 - JSON, checked by being read
    passages = [FoundText(source=one["source"], text=one["text"]) for one in body["passages"]]
    return Found(generation=body["generation"], passages=passages)


def _told(reply: httpx.Response) -> str:
    """Give the problem document's own words, or the beginning of whatever came."""
    try:
        return str(reply.json()["detail"])
    except (LookupError, TypeError, ValueError):
        return reply.text[:200]

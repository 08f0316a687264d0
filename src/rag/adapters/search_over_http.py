"""How is a golden question asked of a service over HTTP?"""

import asyncio
from typing import Any, Final

import httpx

from rag.domain.canary import FoundText
from rag.ports.canary import Found, NoReplyError

TIMEOUT_SECONDS: Final = 30.0
REQUEST_ID: Final = "canary"  # what the log shows for each of its questions


class SearchOverHttp:
    """A `rag.ports.canary.GoldenSearch` by POST /search, so that nothing enters the query log."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def __call__(self, question: str, *, top_k: int) -> Found:
        """This will find at most `top_k` passages.

        Raises:
            NoReplyError: there was no reply in time, or it was not one of a search.
        """
        body = await self._reply("POST", "/search", json={"question": question, "top_k": top_k})
        try:
            found = _found(body)
            if found.passages:
                return found
            return Found(await self._generation(), ())
        except (LookupError, TypeError, ValueError) as error:
            raise NoReplyError("The service answered something that is not the reply of a search.") from error

    async def _generation(self) -> str | None:
        """Name the index in use, or None where there is no document that it could hold."""
        if not (await self._reply("GET", "/documents", params={"limit": 1}))["documents"]:
            return None
        generation: str | None = (await self._reply("GET", "/health", well=False))["generation"]
        return generation

    async def _reply(self, method: str, path: str, *, well: bool = True, **given: Any) -> Any:  # noqa: ANN401 - JSON, checked by being read
        """Give the body of a reply, which must be a good one where all has to be `well`."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                reply = await self._client.request(
                    method, path, headers={"X-Request-ID": REQUEST_ID}, timeout=TIMEOUT_SECONDS, **given
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise NoReplyError(
                f"The service did not answer: {str(error) or type(error).__name__}."
            ) from error
        if well and reply.status_code != httpx.codes.OK:
            raise NoReplyError(f"The service answered {reply.status_code}: {_told(reply)}")
        try:
            return reply.json()
        except ValueError as error:
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

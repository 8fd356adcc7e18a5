"""Something that happens while a run is at a given request to Asana."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from usher.asana import Retries


@contextmanager
def at_request(
    method: str, path_ends: str, happens: Callable[[], object], *, nth: int = 1, after: bool = False
) -> Iterator[list[str]]:
    """Once, at the so-many-th request that fits: before it is sent, or after its answer came.

    Yields the requests that were sent, in order; `happens` itself is the entry "--".
    """
    send, seen, sent = httpx.AsyncClient.send, 0, list[str]()

    async def watched(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
        nonlocal seen
        fits = request.method == method and request.url.path.endswith(path_ends)
        seen += fits
        is_now = fits and seen == nth
        if is_now and not after:
            sent.append("--")
            await sync_to_async(happens)()
        sent.append(f"{request.method} {request.url.path.removeprefix('/api/1.0')}")
        response = await send(client, request, **options)
        if is_now and after:
            sent.append("--")
            await sync_to_async(happens)()
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "send", watched)
        yield sent
    assert "--" in sent, f"nothing asked for {method} …{path_ends}"


@contextmanager
def lost_after(path_ends: str, fault: str) -> Iterator[None]:
    """Each such change is made, and its answer spoilt."""
    build = httpx.AsyncClient.build_request

    def spoilt(client: httpx.AsyncClient, method: str, url: Any, **options: Any) -> httpx.Request:
        request = build(client, method, url, **options)
        if method != "GET" and request.url.path.endswith(path_ends):
            request.headers["X-Sandbox-Fault"] = f"{fault};after"
        return request

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncClient, "build_request", spoilt)
        yield


@contextmanager
def quick_retries() -> Iterator[None]:
    """A call that fails is not tried for minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("usher.connections.client._retries", lambda _: Retries(tries=3, first_wait=0.01))
        yield


def changes_after(sent: list[str]) -> list[str]:
    """The changes that were sent after it happened."""
    return [one for one in sent[sent.index("--") + 1 :] if not one.startswith("GET")]

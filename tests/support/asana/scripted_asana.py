"""A real HTTP server whose answers a test writes down, one after the other."""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass
class Seen:
    """One request as it arrived; `at` in seconds of the monotonic clock."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float

    def json(self) -> object:
        return msgspec.json.decode(self.body)


Answer = Response | Callable[[Seen], Response | Awaitable[Response]]


@dataclass
class ScriptedAsana:
    """Gives the answers in `script`, then `always` for ever."""

    url: str = ""
    script: deque[Answer] = field(default_factory=deque)
    always: Answer | None = None
    seen: list[Seen] = field(default_factory=list)

    def reset(self) -> None:
        self.script.clear()
        self.seen.clear()
        self.always = None

    async def answer(self, request: Request) -> Response:
        seen = Seen(
            request.method,
            request.scope["raw_path"].decode(),
            dict(request.query_params),
            dict(request.headers),
            await request.body(),
            time.monotonic(),
        )
        self.seen.append(seen)
        answer = self.script.popleft() if self.script else self.always
        if answer is None:
            return JSONResponse({"errors": [{"message": "No matching route for request"}]}, 404)
        if isinstance(answer, Response):
            return answer
        given = answer(seen)
        return given if isinstance(given, Response) else await given


class RunningServer:
    """Serves a ScriptedAsana from a thread of its own."""

    def __init__(self) -> None:
        self.asana = ScriptedAsana()
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", self.asana.answer, methods=methods)])
        # The protocol is named, or asyncio leaves Nagle on and every answer is 40 ms late.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.asana.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> ScriptedAsana:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self.asana

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def data(value: object, next_offset: str | None = None, **headers: str) -> Response:
    next_page = None if next_offset is None else {"offset": next_offset, "path": "/p", "uri": "https://u"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"data": value, "next_page": next_page}, headers=named)


def refusal(status: int, message: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"errors": [{"message": message, "help": "…"}]}, status, headers=named)


def broken_json() -> Response:
    return Response(b'{"data": {"gid": "1', media_type="application/json")


def web_page(status: int = 200) -> Response:
    return Response("<!doctype html><title>Sign in to the network</title>", status, media_type="text/html")


def breaks_off() -> Response:
    """Promises more than it sends, and hangs up."""

    async def half() -> AsyncIterator[bytes]:
        yield b'{"data": {"gid"'
        raise ConnectionResetError

    return StreamingResponse(half(), headers={"Content-Length": "5000"}, media_type="application/json")


def after(seconds: float, answer: Response) -> Callable[[Seen], Awaitable[Response]]:
    async def late(_: Seen) -> Response:
        await asyncio.sleep(seconds)
        return answer

    return late

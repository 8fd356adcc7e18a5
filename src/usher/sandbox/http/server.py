"""Runs the sandbox: in the foreground, or in a thread for tests."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import uvicorn
from starlette.applications import Starlette

from usher.sandbox.audit_log.event_types import (
    EVENT_TYPES,
    LOGIN_FAILED,
    OWN_TOKEN,
    PAUSED,
    TYPE_NUMBERS,
    UNPAUSED,
    WEB,
)
from usher.sandbox.clock import Clock
from usher.sandbox.company.company import Company
from usher.sandbox.http.answers import Record
from usher.sandbox.http.asgi import app
from usher.sandbox.http.control import (
    Change,
    MembershipOrder,
    change_membership,
    description,
    order_faults,
)
from usher.sandbox.http.faults import FaultOrder, ScimOddity
from usher.sandbox.http.limits import Limits
from usher.sandbox.http.paging import OFFSET_SECONDS
from usher.sandbox.http.stats import Change as Counted
from usher.sandbox.http.stats import Made
from usher.sandbox.life.oddities import ANONYMOUS
from usher.sandbox.oauth.tokens import ACCESS_TOKEN_SECONDS
from usher.sandbox.sandbox import Sandbox
from usher.sandbox.truth.people import person_truth, truth
from usher.sandbox.truth.usage import usage_truth


def serve(
    host: str,
    port: int,
    people: int,
    seed: int,
    *,
    latency_seconds: float = 0.0,
    per_minute: int | None = None,
    equal_workspaces: int | None = None,
    free: bool = False,
    audit_events: int | None = None,
) -> None:
    """Serves until interrupted. `per_minute` None is Asana's quota for the plan, 0 is no quota.

    `audit_events`: how many events the first account's audit logs have now, within one percent. They are generated
    before the first response, which takes some seconds per million.

    Raises OSError if the address cannot be bound, before the company is generated.
    """
    with _bound(host, port) as listening:
        company = Company.generate(people, seed, equal_workspaces=equal_workspaces, free=free)
        limits = Limits.of_plan(free=free, per_minute=per_minute)
        starlette = app(company, limits=limits, latency_seconds=latency_seconds, audit_events=audit_events)
        _make_dense_logs(starlette.state.sandbox, audit_events)
        uvicorn.Server(_config(starlette)).run(sockets=[listening])


def _make_dense_logs(sandbox: Sandbox, audit_events: int | None) -> None:
    """Ordinary logs are generated on demand; dense ones would keep the caller waiting."""
    if audit_events is not None:
        sandbox.activity.make_logs(sandbox.clock.now())


def _bound(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio sets TCP_NODELAY only if the protocol is given; without it each response takes 40 ms.
    bound = socket.socket(family, kind, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def _config(starlette: Starlette) -> uvicorn.Config:
    """Logs only errors."""
    return uvicorn.Config(
        starlette, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )


class _PromptServer(uvicorn.Server):
    """Stops at once. Uvicorn's own server polls ten times a second, and then waits another tenth."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_requested = asyncio.Event()

    def stop(self) -> None:
        """Called from another thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop_requested.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        ticking = asyncio.create_task(super().main_loop())
        await self._stop_requested.wait()
        ticking.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()


class RunningSandbox:
    """A sandbox that serves in a thread of this process."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        self.url = url
        self.sandbox = sandbox

    @property
    def company(self) -> Company:
        return self.sandbox.company

    def describe(self) -> Record:
        return description(self.sandbox)

    def truth(self, workspace: str | None = None) -> Record:
        """As GET /-/sandbox/truth, for one workspace or all."""
        return truth(self.company, self.sandbox.clock.now(), workspace)

    def usage_truth(self, days: int = 30, until: date | None = None, time_zone: str = "UTC") -> Record:
        """As GET /-/sandbox/truth/usage."""
        return usage_truth(self.sandbox.activity, self.sandbox.clock.now(), days, until, time_zone)

    def person(self, workspace: str, user: str) -> Record:
        """As GET /-/sandbox/truth/person, by gid or e-mail."""
        return person_truth(self.sandbox, workspace, user)

    def stats(self) -> Record:
        return self.sandbox.report()

    def changes(self, kind: Counted) -> dict[str, Made]:
        """How often each object was changed since the last reset, as in the statistics."""
        return dict(self.sandbox.stats.changes[kind])

    def reset_stats(self) -> None:
        self.sandbox.reset_counters()

    def set_clock(self, now: datetime | None) -> None:
        self.sandbox.clock.set(now)

    def post_faults(
        self,
        *,
        share: float | None = None,
        kinds: list[str] | None = None,
        seed: int = 0,
        latency: float = 0.1,
        retry_after: int = 1,
        revoked_app: bool | None = None,
        expire_offsets: bool = False,
        expire_tokens: bool = False,
        expire_streams: bool = False,
        leave_out_addresses_of: list[str] | None = None,
        scim_oddities: list[ScimOddity] | None = None,
    ) -> None:
        """As POST /-/sandbox/faults."""
        order = FaultOrder(
            share=share,
            kinds=kinds or [],
            seed=seed,
            latency=latency,
            retry_after=retry_after,
            revoked_app=revoked_app,
            expire_offsets=expire_offsets,
            expire_tokens=expire_tokens,
            expire_streams=expire_streams,
            leave_out_addresses_of=leave_out_addresses_of,
            scim_oddities=scim_oddities,
        )
        order_faults(self.sandbox, order)

    def change(self, workspace: str, user: str, change: Change) -> None:
        """As POST /-/sandbox/memberships, for one person by gid or e-mail."""
        change_membership(self.sandbox, MembershipOrder(workspace, user, change))

    def out_of_office(self, user: str, first: date, last: date | None) -> None:
        """An entry in every workspace of a person (by gid), for these days; without an end if there is none."""
        person = self.company.person_by_gid(user)
        if person is None:
            raise ValueError(f"nobody has the gid {user}")
        for number in person.memberships:
            workspace = self.company.workspaces[self.company.memberships[number].workspace]
            self.sandbox.absences.add(person, workspace, first, last)

    def pause(self, workspace: str, user: str, *, ends: bool = False) -> None:
        """The licence of a person (by gid) is paused now in a workspace (by gid), or billed again."""
        where, person = self.company.workspace_by_gid(workspace), self.company.person_by_gid(user)
        if where is None or person is None:
            raise ValueError(f"there is no {workspace} or {user}")
        self.company.pause(person, where, int(self.sandbox.clock.now()), UNPAUSED if ends else PAUSED)

    def happen(
        self, workspace: str, event_type: str, user: str, *, ago: float = 0, by_token: bool = False
    ) -> None:
        """An event in the audit log, by and about a person (gids), `ago` seconds before. Nobody fails to sign in."""
        where, person = self.company.workspace_by_gid(workspace), self.company.person_by_gid(user)
        if where is None or person is None:
            raise ValueError(f"there is no {workspace} or {user}")
        kind = TYPE_NUMBERS[event_type]
        about = where.number if EVENT_TYPES[kind].resource_type == "workspace" else person.number
        actor = ANONYMOUS if kind == LOGIN_FAILED else person.number
        at = int((self.sandbox.clock.now() - ago) * 1_000)
        self.company.happen(where, at, kind, actor, OWN_TOKEN if by_token else WEB, about)

    def vanish(self, workspace: str, share: float) -> int:
        """Returns how many vanished."""
        return change_membership(self.sandbox, MembershipOrder(workspace, vanish_share=share))


@contextmanager
def running(
    people: int = 60,
    seed: int = 7,
    *,
    latency_seconds: float = 0.0,
    per_minute: int | None = None,
    equal_workspaces: int | None = None,
    free: bool = False,
    limits: Limits | None = None,
    today: date | None = None,
    now: datetime | None = None,
    access_token_seconds: float = ACCESS_TOKEN_SECONDS,
    offset_seconds: float = OFFSET_SECONDS,
    company: Company | None = None,
    audit_events: int | None = None,
) -> Iterator[RunningSandbox]:
    """Serves on a free port of this machine until the block ends.

    Options as for `serve`. `limits` overrides `per_minute`, `now` sets the clock, and `company` replaces the
    generated company.
    """
    if company is None:
        company = Company.generate(people, seed, equal_workspaces=equal_workspaces, free=free, today=today)
    starlette = app(
        company,
        limits=limits or Limits.of_plan(free=free, per_minute=per_minute),
        latency_seconds=latency_seconds,
        clock=Clock(now),
        access_token_seconds=access_token_seconds,
        offset_seconds=offset_seconds,
        audit_events=audit_events,
    )
    _make_dense_logs(starlette.state.sandbox, audit_events)
    listening = _bound("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = _PromptServer(_config(starlette))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.005)
        yield RunningSandbox(f"http://127.0.0.1:{port}", starlette.state.sandbox)
    finally:
        server.stop()
        thread.join(timeout=10)
        listening.close()

"""An Asana with one organization, whose audit log and event stream a test writes down by hand."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from starlette.responses import JSONResponse, Response

from tests.support.asana.scripted_asana import ScriptedAsana, Seen, data, refusal
from usher.activity.ingest.audit_walk import AuditWalk
from usher.activity.ingest.stream import poll_stream
from usher.asana import Asana, BearerToken, RateLimits, Retries
from usher.connections.models import Connection
from usher.roster.models import Workspace

T = TypeVar("T")
Json = dict[str, object]

PAGE = 100


def text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


@dataclass
class SmallLog:
    """`log` and `changes` grow as the test likes. A sync token is a number of changes."""

    server: ScriptedAsana
    log: list[Json] = field(default_factory=list)
    changes: list[Json] = field(default_factory=list)
    changes_a_page: int = 1000
    expired: bool = False
    refused: Response | None = None
    log_answers: int = 0
    stops_after: int | None = None
    """Answers of the log, after which each is a refusal."""
    gids: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.server.reset()
        self.server.always = self.answer

    def add(self, at: datetime, user: str = "5", **other: object) -> str:
        """One more event; returns its gid."""
        gid = f"{next(self.gids):05}"
        actor = {"actor_type": "user", "gid": user}
        event = {"gid": gid, "created_at": text(at), "event_type": "attachment_uploaded", "actor": actor}
        self.log.append(event | other)
        return gid

    def change(self, at: datetime, user: str | None = "5", **other: object) -> None:
        by = {"gid": user} if user else None
        self.changes.append({"created_at": text(at), "user": by, "action": "changed"} | other)

    def answer(self, seen: Seen) -> Response:
        if self.refused is not None:
            return self.refused
        return self._of_log(seen) if seen.path.endswith("/audit_log_events") else self._of_stream(seen)

    def _of_log(self, seen: Seen) -> Response:
        self.log_answers += 1
        if self.stops_after is not None and self.log_answers > self.stops_after:
            return refusal(400, "no more today")
        start, end, at = seen.query["start_at"], seen.query["end_at"], int(seen.query.get("offset", 0))
        assert start < end, "Asana may well refuse a span that ends before it begins"
        found = [event for event in self.log if start <= str(event.get("created_at") or start) < end]
        found.sort(key=lambda event: (str(event.get("created_at") or ""), str(event.get("gid"))))
        page = found[at : at + PAGE]
        return data(page, str(at + len(page)))

    def _of_stream(self, seen: Seen) -> Response:
        sync = seen.query.get("sync")
        if sync is None or self.expired:
            self.expired = False
            said = "Sync token invalid or too old."
            return JSONResponse({"errors": [{"message": said}], "sync": str(len(self.changes))}, 412)
        page = self.changes[int(sync) : int(sync) + self.changes_a_page]
        reached = int(sync) + len(page)
        return JSONResponse({"data": page, "sync": str(reached), "has_more": reached < len(self.changes)})


def make_organization(name: str = "Acme", zone: str = "UTC") -> Workspace:
    connection = Connection.objects.create(
        name=name,
        authorization="token",
        asana_user_gid=f"9-{name}",
        asana_user_name="Ada",
        sync_at="03:00",
        time_zone=zone,
        has_service_token=True,
    )
    return Workspace.objects.create(connection=connection, gid="900", name=name, is_organization=True)


def run(work: Coroutine[object, object, T]) -> T:
    return asyncio.run(work)


def client(small: SmallLog) -> Asana:
    return Asana(
        BearerToken("service"),
        small.server.url,
        RateLimits(requests_per_minute=100_000),
        retries=Retries(tries=1),
    )


def read_log(small: SmallLog, workspace: Workspace, now: datetime) -> int:
    """How many events were new."""

    async def walk() -> int:
        async with client(small) as asana:
            return await AuditWalk(asana, workspace, now).run()

    return run(walk())


def poll(small: SmallLog, workspace: Workspace, now: datetime) -> int:
    async def once() -> int:
        async with client(small) as asana:
            return await poll_stream(asana, workspace, lambda: now)

    return run(once())

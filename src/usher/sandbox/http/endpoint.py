"""What every API call goes through: token, limits, faults, the call itself, latency, the response."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from usher.sandbox.company.company import Membership, Person, Workspace
from usher.sandbox.http.accounts import caller
from usher.sandbox.http.answers import AsanaError, Json, Record, bad, encoded, forbidden, unknown_object
from usher.sandbox.http.dialect import ASANA, Answer, Body, Dialect, Reply
from usher.sandbox.http.faults import BrokenResponse, broken_json
from usher.sandbox.http.paging import Page, paged
from usher.sandbox.http.shapes import Shape, T, Wanted, field_tree
from usher.sandbox.http.stats import Change
from usher.sandbox.sandbox import Sandbox, View

API = "/api/1.0"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler = Callable[["Call"], Answer]


class Call:
    """One admitted API call."""

    def __init__(self, request: Request, sandbox: Sandbox, view: View, body: Body) -> None:
        self._request = request
        self.sandbox = sandbox
        self.view = view
        self.body = body

    def path(self, name: str) -> str:
        return str(self._request.path_params[name])

    def query(self, name: str) -> str | None:
        return self._request.query_params.get(name) or None

    def required(self, name: str) -> str:
        value = self.query(name)
        if value is None:
            raise bad(f"{name}: Missing input")
        return value

    def data(self, name: str) -> str:
        """A required text in the body's `data`."""
        value = self.body.data.get(name)
        if value is None:
            raise bad(f"{name}: Missing input")
        return str(value)

    # objects that a call names, and whether the caller may see them

    def workspace(self, gid: str) -> Workspace:
        workspace = self.view.company.workspace_by_gid(gid)
        if workspace is None:
            raise unknown_object("workspace", gid)
        if not self.view.sees(workspace):
            raise forbidden("You do not have access to this workspace.")
        return workspace

    def workspace_of_path(self) -> Workspace:
        return self.workspace(self.path("workspace_gid"))

    def any_person(self, named: str, kind: str = "user") -> Person:
        """By gid, e-mail address or `me`, even if the caller may not see the person."""
        company = self.view.company
        if named == "me":
            return self.view.caller.person
        person = company.person_by_email(named) if "@" in named else company.person_by_gid(named)
        if person is None or not any(
            company.memberships[n].created_at <= self.view.now for n in person.memberships
        ):
            raise unknown_object(kind, named)
        return person

    def person(self, named: str) -> Person:
        person = self.any_person(named)
        if person is self.view.caller.person or any(
            m.workspace in self.view.own_memberships and m.is_listed(self.view.now)
            for m in (self.view.company.memberships[number] for number in person.memberships)
        ):
            return person
        raise forbidden("You do not have access to this user.")

    def active_member(self, named: str, workspace: Workspace, kind: str = "user") -> Membership:
        person = self.any_person(named, kind)
        membership = self.view.company.membership_of(person, workspace)
        if membership is None or not membership.is_active(self.view.now):
            raise bad(f"{kind}: Not a user in Organization: {named}")
        return membership

    def refuse_view_only(self) -> None:
        """A view-only member's token may read, not write."""
        standings = [m.at(self.view.now) for m in self.view.own_memberships.values()]
        if standings and all(now is not None and now.licence == "view_only" for now in standings):
            message = "You cannot perform write actions as a view only licence member."
            raise AsanaError(403, message, code="view_only_api_access_failure")

    # counting

    def changed(self, change: Change, what: str, *, took_effect: bool) -> None:
        self.sandbox.stats.changed(change, what, took_effect=took_effect)

    def changed_person(self, change: Change, person: Person, where: Workspace, *, took_effect: bool) -> None:
        user = self.view.company.gids.users.gid(person.number)
        self.changed(change, f"{where.gid}/{user}", took_effect=took_effect)

    # responses

    def wanted(self, otherwise: Literal["compact", "full"]) -> Wanted:
        if self.body.options.fields is not None:
            return field_tree(",".join(self.body.options.fields))
        opt_fields = self.query("opt_fields")
        return otherwise if opt_fields is None else field_tree(opt_fields)

    def full(self, shape: Shape[T], thing: T) -> Record:
        return {"data": shape.render(self.view, thing, self.wanted("full"))}

    def limit(self) -> int | None:
        text = self.query("limit")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100):
            raise bad("limit: Must be an integer from 1 to 100.")
        return int(text)

    def page(self, limit: int | None) -> Page:
        url = self._request.url
        ignored = ("offset", "limit", "opt_pretty", "opt_fields")
        query = tuple(self._request.query_params.multi_items())
        return Page(
            limit=limit,
            offset=self.query("offset"),
            list_key=f"{url.path}?{sorted(item for item in query if item[0] not in ignored)}",
            path=url.path.removeprefix(API),
            base_url=f"{url.scheme}://{url.netloc}",
            query=query,
        )

    def listed(self, shape: Shape[T], visible_from: Callable[[int], Iterable[tuple[int, T]]]) -> Record:
        """A page of compact records. `visible_from(start)` yields raw positions with their objects."""
        view, wanted = self.view, self.wanted("compact")

        def positions(start: int) -> Iterable[tuple[int, Callable[[], Json]]]:
            for position, thing in visible_from(start):
                yield position, lambda thing=thing: shape.render(view, thing, wanted)  # type: ignore[misc]

        return paged(self.sandbox.offsets, self.page(self.limit()), positions)

    def listed_all(self, shape: Shape[T], things: list[T]) -> Record:
        return self.listed(shape, lambda start: ((n, things[n]) for n in range(start, len(things))))


def endpoint(
    method: Method, path: str, handler: Handler, *, is_search: bool = False, dialect: Dialect = ASANA
) -> Route:
    """A route of the API. Asana has no HEAD."""

    async def serve(request: Request) -> Response:
        return await _answer(request, method, path, handler, dialect, is_search=is_search)

    route = Route(API + path, serve, methods=[method])
    route.methods = {method}
    return route


async def _answer(
    request: Request, method: Method, path: str, handler: Handler, dialect: Dialect, *, is_search: bool
) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    started = time.perf_counter()
    status, headers, broken = 200, dict[str, str](), None
    is_write = method != "GET"
    try:
        fault = sandbox.faults.next(
            request.headers.get("x-sandbox-fault"), has_offset="offset" in request.query_params
        )
        who = caller(sandbox.company, sandbox.oauth, request.headers.get("authorization"))
        with sandbox.meter.admitted(who.token, is_write=is_write, is_search=is_search):
            body = dialect.read_body(await request.body()) if is_write else Body()
            if fault is not None and fault.error is not None and not (is_write and fault.after):
                raise fault.error
            answer: Answer = {"data": {}}
            if fault is None or not (is_write and fault.prevents_effect):
                answer = handler(Call(request, sandbox, View(sandbox, who), body))
                if is_write:
                    sandbox.stats.wrote(sandbox.company.gids.users.gid(who.person.number))
            latency = sandbox.latency_seconds + (fault.latency if fault else 0.0)
            if latency:
                await asyncio.sleep(max(0.0, latency - (time.perf_counter() - started)))
            if fault is not None and fault.error is not None:
                raise fault.error
            pretty = body.options.pretty or request.query_params.get("opt_pretty") == "true"
            broken = fault.kind if fault and fault.breaks_answer else None
            reply = answer if isinstance(answer, Reply) else Reply(200, answer)
            if broken and reply.body is None:
                reply = Reply(200, {})  # there must be a body to break
            status = reply.status
            content = b"" if reply.body is None else encoded(reply.body, pretty=pretty)
    except AsanaError as refused:
        status, content, headers = refused.status, encoded(dialect.error_body(refused)), refused.headers
    sandbox.stats.answered(f"{method} {path}", broken or status)
    headers["X-Request-Id"] = f"sandbox-{next(sandbox.request_numbers)}"
    if broken == "broken-json":
        content = broken_json(content)
    elif broken is not None:
        return BrokenResponse(content, broken, dialect.content_type)
    return Response(content, status, headers, media_type=dialect.content_type)

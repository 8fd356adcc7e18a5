"""A real HTTP server that answers as Asana does, of which a test decides every page and every refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import Response

from tests.support.asana.scripted_asana import RunningServer, ScriptedAsana, Seen, data, refusal

Json = dict[str, object]

EXPIRED = "offset: Your pagination token has expired."
TRUNCATED = "The data set is too large: the result was truncated."


def member(user_gid: str, /, **fields: object) -> Json:
    """A membership as Asana lists it; what is given replaces the usual."""
    return {
        "gid": f"9{user_gid}",
        "resource_type": "workspace_membership",
        "user": {"gid": user_gid, "name": f"Person {user_gid}", "email": f"p{user_gid}@example.com"},
        "created_at": "2024-05-06T07:08:09.010Z",
        "is_active": True,
        "is_admin": False,
        "is_guest": False,
        "is_view_only": False,
        **fields,
    }


class SmallAsana:
    """`pages` by workspace gid; `refusals` answer instead of a page, once each, in turn."""

    def __init__(self, server: ScriptedAsana) -> None:
        self._server = server
        server.always = self._answer
        self.workspaces: list[Json] = [
            {"gid": "1", "name": "One", "is_organization": True, "email_domains": []}
        ]
        self.pages: dict[str, list[list[Json]]] = {
            "1": [[member("11"), member("12")], [member("13"), member("14")], [member("15"), member("16")]]
        }
        self.users: list[Json] | None = None
        self.addresses: dict[str, str] = {}
        """Of single users, by gid."""
        self.refusals: dict[tuple[str, int], list[Response]] = {}

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[SmallAsana]:
        with RunningServer() as server:
            yield cls(server)

    @property
    def url(self) -> str:
        return self._server.url

    def refuse(self, workspace: str, page: int, *answers: Response) -> None:
        self.refusals[workspace, page] = list(answers)

    def asked_pages(self) -> list[tuple[str, int]]:
        """Workspace and number of every page of memberships that was asked for since the last look."""
        asked = [
            (seen.path.split("/")[4], int(seen.query.get("offset", "0")))
            for seen in self._server.seen
            if seen.path.endswith("/workspace_memberships")
        ]
        self._server.seen.clear()
        return asked

    def asked_users(self) -> list[str]:
        """The gids of single users that were asked for since the last look."""
        asked = [seen.path.split("/")[4] for seen in self._server.seen if "/users/" in seen.path]
        self._server.seen.clear()
        return [gid for gid in asked if gid != "me"]

    def _answer(self, seen: Seen) -> Response:
        match seen.path.removeprefix("/api/1.0").strip("/").split("/"):
            case ["users", "me"]:
                return data({"gid": "11", "name": "Person 11", "email": "p11@example.com", "workspaces": []})
            case ["users"]:
                return refusal(403, "Forbidden") if self.users is None else data(self.users)
            case ["users", gid] if gid in self.addresses:
                return data({"gid": gid, "name": f"Person {gid}", "email": self.addresses[gid]})
            case ["workspaces"]:
                return data(self.workspaces)
            case ["workspaces", gid, "workspace_memberships"]:
                number = int(seen.query.get("offset", "0"))
                if refusals := self.refusals.get((gid, number)):
                    return refusals.pop(0)
                pages = self.pages[gid]
                return data(pages[number], str(number + 1) if number + 1 < len(pages) else None)
        return refusal(404, "No matching route for request")

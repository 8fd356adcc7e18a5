"""Requests to the SCIM server as an identity provider makes them."""

import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
EMPLOYMENT = "urn:usher:params:scim:schemas:extension:employment:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Answer:
    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class IdentityProvider:
    """One that holds a token. Every call expects a status; a list expects one of them."""

    def __init__(self, token: str, media_type: str = "application/scim+json") -> None:
        self.http = Client(headers={"authorization": f"Bearer {token}"}, raise_request_exception=False)
        self.media_type = media_type

    def __call__(
        self, method: str, path: str, body: object = None, *, expect: int = 200, **headers: str
    ) -> Answer:
        found = self.any_answer(method, path, body, **headers)
        assert found.status == expect, (found.status, found.content)
        return found

    def any_answer(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Whatever its status."""
        answer = self.http.generic(
            method,
            f"/scim/v2{path}",
            json.dumps(body) if body is not None else "",
            content_type=self.media_type,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        return Answer(answer.status_code, answer.headers, answer.content)

    def add(self, user_name: object = "greta@example.com", **attributes: object) -> dict[str, Any]:
        body = {"schemas": [USER], "userName": user_name, "active": True} | attributes
        found: dict[str, Any] = self("POST", "/Users", body, expect=201).json
        return found

    def patch(self, user: Mapping[str, Any], *operations: Mapping[str, object], expect: int = 200) -> Any:
        body = {"schemas": [PATCH_OP], "Operations": list(operations)}
        answer = self("PATCH", f"/Users/{user['id']}", body, expect=expect)
        return answer.json if answer.content else None

    def add_group(self, name: str = "Engineers", *members: Mapping[str, Any]) -> dict[str, Any]:
        body = {
            "schemas": [GROUP],
            "displayName": name,
            "members": [{"value": member["id"]} for member in members],
        }
        found: dict[str, Any] = self("POST", "/Groups", body, expect=201).json
        return found

    def patch_group(self, group: Mapping[str, Any], *operations: Mapping[str, object]) -> dict[str, Any]:
        """The group afterwards."""
        body = {"schemas": [PATCH_OP], "Operations": list(operations)}
        self("PATCH", f"/Groups/{group['id']}", body, expect=204)
        found: dict[str, Any] = self("GET", f"/Groups/{group['id']}").json
        return found

    def names(self, filter_: str, **parameters: str) -> list[str]:
        """Of the users that a filter finds."""
        query = Client().get("/", {"filter": filter_, **parameters}).request["QUERY_STRING"]
        return [user["userName"] for user in self("GET", f"/Users?{query}").json["Resources"]]

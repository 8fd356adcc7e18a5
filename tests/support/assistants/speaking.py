"""An assistant that speaks to /mcp with the token of one person, as plain JSON-RPC."""

import json
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client

from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM

VERSION = "2025-06-18"


def posted(message: object, token: str = "", **headers: str) -> HttpResponse:
    """One message to /mcp."""
    given = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": VERSION, **headers}
    if token:
        given["Authorization"] = f"Bearer {token}"
    text = message if isinstance(message, str) else json.dumps(message)
    return Client().post("/mcp", text, content_type="application/json", headers=given)  # type: ignore[return-value]


class Assistant:
    """Calls tools. `permissions`: of its token; without them, all that a token can have."""

    def __init__(self, role: UserRole = UserRole.ADMIN, *, user: User | None = None, **token: Any) -> None:
        email = f"{role}@example.com"
        self.user = user or User.objects.create_user(email, email, role=role)
        self.token = make_token(self.user, "assistant", SYSTEM, **token)
        self._numbers = count(1)

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """The result of a request, or its error."""
        message = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}
        answer = posted(message, self.token)
        assert answer.headers["Content-Type"] == "application/json", answer.content
        found = json.loads(answer.content)
        assert found["id"] == message["id"]
        return found.get("result") or {"error": found["error"]}

    def tools(self) -> list[dict[str, Any]]:
        found = self.ask("tools/list")["tools"]
        assert isinstance(found, list)
        return found

    def call(self, tool: str, **arguments: object) -> dict[str, Any]:
        """The structured answer of a tool that answers."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert not result.get("isError"), result
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
        answer = result["structuredContent"]
        assert isinstance(answer, dict)
        return answer

    def refused(self, tool: str, **arguments: object) -> str:
        """What is said where it does not."""
        result = self.ask("tools/call", name=tool, arguments=arguments)
        assert result.get("isError") is True, result
        return str(result["content"][0]["text"])

    def read(self, uri: str) -> dict[str, Any]:
        result = self.ask("resources/read", uri=uri)
        if "error" in result:
            return result
        answer = json.loads(result["contents"][0]["text"])
        assert isinstance(answer, dict)
        return answer

"""Requests to the REST API, with a personal token."""

from typing import Any

from django.test import Client

from tests.support.removal.accounts import account
from usher.access.models import User
from usher.access.roles import UserRole
from usher.access.tokens.api_tokens import make_token
from usher.ledger.actors import SYSTEM


def api_of(role: UserRole = UserRole.ADMIN, user: User | None = None) -> Client:
    """A program with a token of somebody who has this role."""
    token = make_token(user or account(role), "program", SYSTEM)
    return Client(headers={"Authorization": f"Bearer {token}"})


def items(program: Client, address: str, **parameters: Any) -> list[dict[str, Any]]:  # of a query
    """All pages, from the first to the last."""
    found: list[dict[str, Any]] = []
    while True:
        answer = program.get(f"/api/v1/{address}", parameters)
        assert answer.status_code == 200, answer.content
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        parameters["cursor"] = page["next"]

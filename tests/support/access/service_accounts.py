"""Service accounts for tests, and programs that speak to the REST API with their tokens."""

import json
from collections.abc import Iterable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from usher.access.acting import actor_for
from usher.access.models import ServiceAccount, User
from usher.access.permissions import FOR_SERVICE_ACCOUNTS
from usher.access.service_accounts.accounts import Terms, add_service_account, make_service_token
from usher.ledger.actors import SYSTEM, Actor


def terms(
    permissions: Iterable[str] = ("read",),
    *,
    days: float = 30,
    connections: Iterable[int] | None = None,
    contact: User | None = None,
) -> Terms:
    return Terms("Tickets", permissions, timezone.now() + timedelta(days=days), connections, contact)


def a_service_account(
    permissions: Iterable[str] = FOR_SERVICE_ACCOUNTS, name: str = "Ticket system", **more: object
) -> ServiceAccount:
    return add_service_account(name, terms(permissions, **more), SYSTEM)  # type: ignore[arg-type]


class Program:
    """One that has a token of a service account. Without a maker, nobody who has an account made the token."""

    def __init__(self, service: ServiceAccount, maker: User | None = None) -> None:
        by = actor_for(maker, "page") if maker else Actor("command", "root", via="command line (root)")
        self.token = make_service_token(service, "Production", by)

    def get(self, path: str) -> tuple[int, object]:
        answer = Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.token}"})
        return answer.status_code, json.loads(answer.content)

    def post(self, path: str, method: str = "POST", **body: object) -> tuple[int, dict[str, object]]:
        answer = Client().generic(
            method,
            f"/api/v1{path}",
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return answer.status_code, json.loads(answer.content or b"{}")

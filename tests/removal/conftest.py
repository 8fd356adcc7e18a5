"""A company in Asana that is synced, with a connection that may act."""

import pytest
from django.utils import timezone

from tests.conftest import connect_to_sandbox
from tests.support.remembered_rows import prepared
from tests.support.removal.leaving import may_act, no_waiting
from tests.support.roster.syncing import sync_now
from usher.connections.models import Connection
from usher.removal.models import Guardrails
from usher.sandbox import RunningSandbox


@pytest.fixture
def acme(request: pytest.FixtureRequest, transactional_db: None, sandbox: RunningSandbox) -> Connection:
    """Synced once in each process. Then its rows are put back: the same seed makes the same company."""
    if "connection" in request.fixturenames:
        sync_now(request.getfixturevalue("connection"))
    else:
        name = f"acme_{len(sandbox.company.people)}_{timezone.localdate():%Y%m%d}"
        prepared(name, lambda: sync_now(connect_to_sandbox()))
    return may_act(Connection.objects.get())


@pytest.fixture
def guardrails(transactional_db: None) -> Guardrails:
    """Without waiting and limits, but with approval."""
    return no_waiting()

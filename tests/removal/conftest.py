"""A company in Asana that is synced, with a connection that may act."""

import pytest

from tests.support.removal.leaving import may_act, no_waiting
from tests.support.roster.syncing import sync_now
from usher.connections.models import Connection
from usher.removal.models import Guardrails


@pytest.fixture
def acme(connection: Connection) -> Connection:
    sync_now(connection)
    connection.refresh_from_db()
    return may_act(connection)


@pytest.fixture
def guardrails(transactional_db: None) -> Guardrails:
    """Without waiting and limits, but with approval."""
    return no_waiting()

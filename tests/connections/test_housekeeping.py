"""What Usher tidies up by itself. How it resumes killed runs is in `test_jobs.py` and in `tests/roster`."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync

from usher.connections import housekeeping
from usher.connections.models import ConnectAttempt, Connection, ConnectionTest


@pytest.mark.django_db
def test_expired_attempts_and_old_tests_are_deleted(connection: Connection, user: object) -> None:
    now = datetime.now(UTC)
    for minutes_ago in (1, 16):
        ConnectAttempt.objects.create(
            state_hash=str(minutes_ago),
            user=user,
            code_verifier="v",
            name="Acme",
            created_at=now - timedelta(minutes=minutes_ago),
        )
    for days_ago in (1, 31):
        ConnectionTest.objects.create(connection=connection, started_at=now - timedelta(days=days_ago))
    async_to_sync(housekeeping.delete_expired)()
    assert ConnectAttempt.objects.get().state_hash == "1"
    assert ConnectionTest.objects.get().started_at == now - timedelta(days=1)

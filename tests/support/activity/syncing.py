"""Connecting to the sandbox with a service-account token, and syncing at a moment of the test's choice."""

import asyncio
from datetime import datetime

from usher.connections import sync
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.models import Connection, SyncRun
from usher.ledger.actors import SYSTEM

SERVICE = "sandbox-service-1"


def connect(zone: str = "UTC", service_token: str = SERVICE) -> Connection:
    connection = connect_with_token(
        ConnectionSettings("Acme", service_token=service_token), "sandbox-pat-1", SYSTEM
    )
    connection.time_zone = zone
    connection.save()
    return connection


def run_at(connection: Connection, moment: datetime) -> SyncRun:
    run = sync.request_run(connection, SyncRun.Trigger.SCHEDULE)
    done = asyncio.run(sync.perform(run.pk, now=lambda: moment))
    connection.refresh_from_db()
    return done


def sync_at(connection: Connection, moment: datetime) -> None:
    done = run_at(connection, moment)
    assert done.state == SyncRun.State.DONE, done.error

"""How Usher connects to PostgreSQL, so that a network that drops everything is noticed on both sides.

Without these settings, a connection whose packets are dropped in silence hangs for up to two hours, here and at the
server, which meanwhile keeps its locks.

With `DATABASE_DIRECT_URL`, `DATABASE_URL` may lead to a pooler in transaction mode. Pages go through it; workers,
commands and whoever holds a lock connect directly (decision 0025).
"""

from dataclasses import dataclass
from typing import Any

import dj_database_url
import psycopg
from django.conf import settings as configured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from usher.platform.pooler import DIRECT, backend_of, is_pooled, is_pooler, refuse_pooler

ENGINE = "usher.platform.postgres"  # Django's, with row security
CONNECT_SECONDS = 5
NETWORK = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives": 1,
    "keepalives_idle": 10,  # seconds, as the next one
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}
"""Parameters of libpq: a peer that is silent for about 25 seconds is gone. Unix sockets ignore them."""

SERVER_NOTICES = (
    "SELECT pg_backend_pid(),"
    " set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '20000', false)"
)
"""The same for the server's side. Not as a parameter of the start: PgBouncer refuses those that it does not know."""


def database_settings(url: str) -> dict[str, object]:
    """For Django's DATABASES. What the address says of the network comes first. Raises ValueError, KeyError."""
    settings: dict[str, object] = {
        **dj_database_url.parse(url, engine=ENGINE, conn_max_age=60, conn_health_checks=True)
    }
    given = settings.get("OPTIONS")
    settings["OPTIONS"] = {**NETWORK, **(given if isinstance(given, dict) else {})}
    return settings


def use_pool() -> None:
    """Has Django's connections of this process go through the pool, if there is one. Before the first is opened."""
    if configured.DATABASE_DIRECT_URL and configured.DATABASE_DIRECT_URL != configured.DATABASE_URL:
        direct = connections.settings[DEFAULT_DB_ALIAS]
        direct.update(database_settings(configured.DATABASE_URL), **{DIRECT: dict(direct)})


def session_params() -> dict[str, Any]:
    """Parameters of libpq for a connection that is a session of its own: never through the pool."""
    wrapper = connections[DEFAULT_DB_ALIAS]
    assert isinstance(wrapper, DatabaseWrapper)
    if is_pooled(wrapper):
        wrapper = type(wrapper)(wrapper.settings_dict[DIRECT])
    return _params(wrapper)


def _params(wrapper: DatabaseWrapper) -> dict[str, Any]:
    params = wrapper.get_connection_params()
    return {name: value for name, value in params.items() if name not in ("cursor_factory", "context")}


@dataclass(frozen=True)
class ComparedWithPool:
    """What `DATABASE_URL` leads to, beside `DATABASE_DIRECT_URL`."""

    is_pooled: bool
    direct_is_pooled: bool
    is_same_database: bool


def compared_with_pool() -> ComparedWithPool:
    """Raises psycopg.Error where one of them cannot be reached."""
    pool = type(connections[DEFAULT_DB_ALIAS])(
        {**connections.settings[DEFAULT_DB_ALIAS], **database_settings(configured.DATABASE_URL)}
    )
    assert isinstance(pool, DatabaseWrapper)
    (is_pooled, there), (direct_is_pooled, here) = _described(_params(pool)), _described(session_params())
    return ComparedWithPool(is_pooled, direct_is_pooled, there == here)


def _described(params: dict[str, Any]) -> tuple[bool, object]:
    """Whether a pooler is on the way, and what tells this database from all others."""
    with psycopg.connect(**params, autocommit=True) as session:
        database = session.execute(
            "SELECT (SELECT system_identifier FROM pg_control_system()), oid FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone()
        return is_pooler(session.info.backend_pid, backend_of(session)), database


def have_server_notice(connection: DatabaseWrapper, **_: object) -> None:
    """Receives Django's signal `connection_created`."""
    if not is_pooled(connection):  # the session behind a pool is everybody's
        with connection.cursor() as cursor:
            cursor.execute(SERVER_NOTICES)


async def have_server_notice_async(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """For a connection that is not Django's. Leaves no transaction open. Raises SessionNeeded through a pooler."""
    cursor = await connection.execute(SERVER_NOTICES)
    row = await cursor.fetchone()
    if not connection.autocommit:
        await connection.commit()
    refuse_pooler(connection.info.backend_pid, row and row[0])

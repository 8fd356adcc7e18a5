"""How Usher connects to PostgreSQL, so that a network that drops everything is noticed on both sides.

Without these settings, a connection whose packets are dropped in silence hangs for up to two hours, here and at the
server, which meanwhile keeps its locks.
"""

import dj_database_url
import psycopg
from django.db.backends.postgresql.base import DatabaseWrapper

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
    "SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),"
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


def have_server_notice(connection: DatabaseWrapper, **_: object) -> None:
    """Receives Django's signal `connection_created`."""
    with connection.cursor() as cursor:
        cursor.execute(SERVER_NOTICES)


async def have_server_notice_async(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """For a connection that is not Django's. Leaves no transaction open."""
    await connection.execute(SERVER_NOTICES)
    if not connection.autocommit:
        await connection.commit()

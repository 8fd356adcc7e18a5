"""A pooler between Usher and PostgreSQL, such as PgBouncer: how it is recognised, and refused where it would harm.

In transaction mode, each transaction of a client may run in another session of the server. What belongs to a session,
such as a lock or the scope of a viewer, would be lost to its owner and found by somebody else.
"""

import secrets
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from usher.refusals import Refused

Session = psycopg.Connection[tuple[object, ...]]

DIRECT = "DIRECT"
"""In Django's settings of a database that is reached through a pool: those of the way around it."""

TRIES = 3
REMEDY = "Set DATABASE_DIRECT_URL to the address of PostgreSQL itself. Pages still go through the pooler."


class SessionNeeded(Refused):
    """What needs a session of the server to itself does not run through a pooler."""


def is_pooled(connection: BaseDatabaseWrapper) -> bool:
    """Whether each transaction of this connection may run in another session of the server."""
    return DIRECT in connection.settings_dict


def is_pooler(told: int, backend: object) -> bool:
    """`told`: the number of the server's process that a connection was told when it began. Poolers tell their own."""
    return told != backend


def refuse_pooler(told: int, backend: object) -> None:
    """Raises SessionNeeded, unless the operator vouches for this address."""
    if is_pooler(told, backend) and not settings.DATABASE_DIRECT_URL:
        raise SessionNeeded(
            "DATABASE_URL leads to a pooler, and Usher needs sessions of its own, for its locks for example.",
            REMEDY,
        )


def check_session(session: Session) -> None:
    """Raises SessionNeeded where a pooler is in the way."""
    refuse_pooler(session.info.backend_pid, backend_of(session))


def backend_of(session: Session) -> object:
    row = session.execute("SELECT pg_backend_pid()").fetchone()
    return row and row[0]


def hands_sessions_over(params: dict[str, Any]) -> bool:
    """Whether a second client gets the session of a first one that is still connected: seen is certain.

    Not seen is no proof of the contrary, since a busy pool may give the second client another one.
    """
    for _ in range(TRIES):
        mark = secrets.token_hex(8)
        with (
            psycopg.connect(**params, autocommit=True) as first,
            psycopg.connect(**params, autocommit=True) as second,
        ):
            first.execute("SELECT set_config('usher.mark', %s, false)", [mark])
            row = second.execute("SELECT current_setting('usher.mark', true)").fetchone()
            first.execute("SELECT set_config('usher.mark', '', false)")
        if row == (mark,):
            return True
    return False


def refuse_sessions_handed_over(params: dict[str, Any]) -> None:
    """Raises SessionNeeded where DATABASE_DIRECT_URL leads to a pooler in transaction mode."""
    if not settings.DATABASE_DIRECT_URL:
        return  # no pooler is taken then
    with psycopg.connect(**params, autocommit=True) as session:
        pooled = is_pooler(session.info.backend_pid, backend_of(session))
    if pooled and hands_sessions_over(params):
        raise SessionNeeded(
            "DATABASE_DIRECT_URL leads to a pooler in transaction mode, where no lock holds.",
            "Set it to the address of PostgreSQL itself.",
        )

"""Checks of this installation, for `usher doctor`."""

import stat
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import psycopg
from django.conf import settings
from django.db import connection as database

from usher.connections.attention import needing_attention
from usher.connections.models import AsanaApp, Connection, Credentials
from usher.connections.oauth_app import oauth_app, redirect_is_possible
from usher.platform import home
from usher.platform.database import compared_with_pool
from usher.platform.encryption import SecretUnreadable
from usher.platform.outages import reason_of


@dataclass(frozen=True)
class Finding:
    """`outcome`: passed, warned, failed or skipped."""

    label: str
    outcome: str
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """The result of every check, in order. No check changes anything."""
    checks: list[Callable[[], Finding]] = [
        _home,
        _database,
        *([_pool] if settings.DATABASE_DIRECT_URL else []),
        _secrets,
        _asana,
        _oauth_app,
        _connections,
    ]
    return [check() for check in checks]


def _home() -> Finding:
    folder = home.home()
    loose = [
        name
        for name in ("secret_key", home.ENCRYPTION_KEYS)
        if (folder / name).exists() and stat.S_IMODE((folder / name).stat().st_mode) & 0o077
    ]
    if loose:
        files = " ".join(str(folder / name) for name in loose)
        return Finding(
            "Data folder", "failed", f"Others can read the keys in {folder}.", f"Run: chmod 600 {files}"
        )
    return Finding("Data folder", "passed", str(folder))


def _database() -> Finding:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, pg_database_size(current_database())"
        )
        version, size = cursor.fetchone()
    detail = f"PostgreSQL {version // 10000}.{version % 10000}, {size / 1_000_000:,.0f} MB"
    if version < 150000:
        return Finding("Database", "failed", detail, "Usher needs PostgreSQL 15 or later.")
    return Finding("Database", "passed", detail)


def _pool() -> Finding:
    try:
        pool = compared_with_pool()
    except psycopg.Error as error:
        return Finding(
            "Connection pool",
            "failed",
            f"DATABASE_URL cannot be reached: {reason_of(error)}",
            "Check DATABASE_URL.",
        )
    if not pool.is_same_database:
        return Finding(
            "Connection pool",
            "failed",
            "DATABASE_URL and DATABASE_DIRECT_URL lead to two databases.",
            "Stop Usher and set both to the same one.",
        )
    if pool.direct_is_pooled:
        return Finding(
            "Connection pool",
            "warned",
            "DATABASE_DIRECT_URL leads to a pooler. Usher's locks hold only if that is in session mode.",
            "Better set it to the address of PostgreSQL itself.",
        )
    if not pool.is_pooled:
        return Finding(
            "Connection pool",
            "passed",
            "DATABASE_URL leads to PostgreSQL itself: there is no pooler on the way.",
        )
    return Finding(
        "Connection pool", "passed", "Pages go through a pooler, everything else connects directly."
    )


def _secrets() -> Finding:
    try:
        count = len(Credentials.objects.all()) + len(AsanaApp.objects.all())
    except SecretUnreadable as error:
        return Finding(
            "Stored tokens", "failed", str(error), "Restore the key from your backup, or reconnect."
        )
    return Finding("Stored tokens", "passed", f"All can be decrypted ({count}).")


def _asana() -> Finding:
    try:
        # A refusal, for want of a token, shows that Asana is there.
        answer = httpx.get(f"{settings.USHER_ASANA_URL}/api/1.0/users/me", timeout=10)
    except httpx.HTTPError as error:
        return Finding(
            "Asana",
            "failed",
            f"{settings.USHER_ASANA_URL} does not answer: {error}",
            "Check the network, a proxy (HTTPS_PROXY) or USHER_ASANA_URL.",
        )
    if answer.status_code != 401:
        return Finding(
            "Asana",
            "warned",
            f"{settings.USHER_ASANA_URL} answers, but not like Asana ({answer.status_code}).",
            "Check USHER_ASANA_URL, and whether a proxy answers instead.",
        )
    return Finding("Asana", "passed", f"{settings.USHER_ASANA_URL} answers.")


def _oauth_app() -> Finding:
    if oauth_app() is None:
        return Finding(
            "Asana OAuth app",
            "warned",
            "Not set up. Accounts can only be connected by personal access token.",
            "Set it up under Integrations → OAuth app, or by USHER_ASANA_CLIENT_ID and USHER_ASANA_CLIENT_SECRET.",
        )
    way = "redirects back" if redirect_is_possible() else "shows a code to copy: USHER_BASE_URL is not https"
    return Finding("Asana OAuth app", "passed", f"Set up. Asana {way}.")


def _connections() -> Finding:
    connected = Connection.objects.filter(disconnected_at=None).count()
    names = needing_attention().values_list("name", flat=True)
    if names:
        return Finding(
            "Connections",
            "warned",
            f"Need attention: {', '.join(names)}.",
            "See their pages, or run `usher test`.",
        )
    return Finding("Connections", "passed", f"{connected} connected, none needs attention.")

"""A span for each statement of Django's: its kind and its text with placeholders, never its values."""

from collections.abc import Callable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from usher.platform.following import tracing

LONGEST_TEXT = 2_000


def trace_statements(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Receives Django's signal `connection_created`."""
    if tracing.is_traced() and _traced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_traced)


def _traced(
    execute: Callable[..., Any], sql: object, params: object, many: bool, context: dict[str, Any]
) -> object:
    text = str(sql)
    verb = text.split(None, 1)[0].upper() if text.strip() else "SQL"
    with tracing.span(verb, kind="client") as span:
        span.note("db.system.name", "postgresql")
        span.note("db.query.text", " ".join(text.split())[:LONGEST_TEXT])
        return execute(sql, params, many, context)

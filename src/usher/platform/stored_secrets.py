"""Whether the keys at hand read what the database stores: asked at start, also of an older version's tables."""

from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import connection
from psycopg import sql

from usher.platform.encryption import EncryptedTextField, cipher

MOST_OF_A_COLUMN = 100


def stored_secrets() -> Iterator[str]:
    """Encrypted values, MOST_OF_A_COLUMN of each column at most."""
    with connection.cursor() as cursor:
        for table, column in _columns_that_exist():
            query = sql.SQL("SELECT {column} FROM {table} WHERE {column} <> '' LIMIT {most}").format(
                column=sql.Identifier(column), table=sql.Identifier(table), most=MOST_OF_A_COLUMN
            )
            cursor.execute(query)
            yield from (row[0] for row in cursor.fetchall())


def _columns_that_exist() -> list[tuple[str, str]]:
    wanted = {
        (model._meta.db_table, str(field.column))
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = ANY (current_schemas(false))"
        )
        return sorted(wanted & {(row[0], row[1]) for row in cursor.fetchall()})


def unreadable_secrets() -> int:
    """How many of `stored_secrets` no key reads. Raises KeysUnusable."""
    return sum(not _is_readable(secret) for secret in stored_secrets())


def _is_readable(secret: str) -> bool:
    try:
        cipher().decrypt(secret.encode())
    except InvalidToken:
        return False
    return True

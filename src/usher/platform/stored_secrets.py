"""Whether the keys at hand read what the database stores: asked at start, also of an older version's tables."""

from collections.abc import Iterator
from functools import cache

from cryptography.fernet import InvalidToken, MultiFernet
from django.apps import apps
from django.db import connection
from psycopg import sql

from usher.platform.encryption import EncryptedTextField, cipher

MOST_OF_A_COLUMN = 100


def stored_secrets() -> Iterator[str]:
    """Encrypted values, MOST_OF_A_COLUMN of each column at most."""
    some_of_each = [
        sql.SQL("(SELECT {column} FROM {table} WHERE {column} <> '' LIMIT {most})").format(
            column=sql.Identifier(column), table=sql.Identifier(table), most=MOST_OF_A_COLUMN
        )
        for table, column in _columns_that_exist()
    ]
    if some_of_each:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(" UNION ALL ").join(some_of_each))
            yield from (row[0] for row in cursor.fetchall())


COLUMNS = """
    SELECT class.relname, attribute.attname
    FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
    WHERE class.relname = ANY (%s) AND pg_table_is_visible(class.oid) AND attribute.attnum > 0
      AND NOT attribute.attisdropped
"""


def _columns_that_exist() -> list[tuple[str, str]]:
    wanted = _encrypted_columns()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [sorted({table for table, _ in wanted})])
        return sorted(wanted & {(row[0], row[1]) for row in cursor.fetchall()})


@cache
def _encrypted_columns() -> frozenset[tuple[str, str]]:
    """As this version has them."""
    return frozenset(
        (model._meta.db_table, str(field.column))
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedTextField)
    )


def unreadable_secrets() -> int:
    """How many of `stored_secrets` no key reads. Raises KeysUnusable."""
    secrets = list(stored_secrets())
    if not secrets:
        return 0
    keys = cipher()  # they are in a file
    return sum(not _is_readable(secret, keys) for secret in secrets)


def _is_readable(secret: str, keys: MultiFernet) -> bool:
    try:
        keys.decrypt(secret.encode())
    except InvalidToken:
        return False
    return True

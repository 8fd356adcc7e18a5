from collections.abc import Callable

import pytest
from django.db import connection

from usher.ledger.actors import Actor
from usher.ledger.models import Entry
from usher.ledger.record import record

ADA = Actor("person", "ada@example.com", 1, "page")

AsOwner = Callable[..., None]


@pytest.fixture
def three(db: None) -> list[Entry]:
    """Three entries, from the first on."""
    return [
        record(ADA, "case.approved", f"case {n}: Zoë 李 <zoe{n}@example.com>", reason="left", after={"n": n})
        for n in (1, 2, 3)
    ]


@pytest.fixture
def as_owner(db: None) -> AsOwner:
    """SQL as somebody with the tables' owner role could run it: with the triggers switched off."""

    def run(sql: str, *values: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(sql, values)
            cursor.execute("SET LOCAL session_replication_role = origin")

    return run

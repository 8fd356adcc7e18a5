"""The normal forms of e-mails and names of people in Asana, stored so that they can be searched."""

from collections.abc import Collection, Sequence
from typing import LiteralString

from django.db import connection as database
from django.db.models import F, Q, QuerySet

from usher.directory.limits import LONGEST_ADDRESS, LONGEST_NAME
from usher.directory.models import PersonKey
from usher.directory.normalise import local_part, name_key, normal_address
from usher.roster.models import Person

CHUNK = 5_000

COPY: LiteralString = "COPY stale_key (person_id, email, name, address, local_part, name_key) FROM STDIN"

MAKE: LiteralString = """
    CREATE TEMPORARY TABLE stale_key (
        person_id bigint, email text, name text, address text, local_part text, name_key text
    ) ON COMMIT DROP
"""

STORE: LiteralString = """
    INSERT INTO directory_personkey AS stored (person_id, email, name, address, local_part, name_key)
    SELECT person_id, email, name, address, local_part, name_key FROM stale_key ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET
        email = excluded.email, name = excluded.name, address = excluded.address,
        local_part = excluded.local_part, name_key = excluded.name_key
"""


def have_stale_keys(people: Collection[int]) -> bool:
    """Whether the e-mail or the name of one of these people is new."""
    return _stale().filter(pk__in=people).exists()


def _stale() -> QuerySet[Person]:
    return Person.objects.filter(Q(key=None) | ~Q(key__email=F("email")) | ~Q(key__name=F("name")))


def lock_people_with(addresses: Sequence[str]) -> bool:
    """Locks the keys of people with these normal addresses until the transaction ends. False if nobody has one."""
    return bool(locked_local_parts(PersonKey.objects.filter(address__in=addresses)))


def locked_local_parts(keys: QuerySet[PersonKey]) -> list[str]:
    """Locks the keys until the transaction ends, always in the same order. Returns their local parts."""
    return list(keys.order_by("pk").select_for_update().values_list("local_part", flat=True))


def refresh_person_keys(people: Collection[int] | None = None) -> int:
    """Computes them for people whose e-mail or name is new. Returns for how many.

    Inside a transaction that holds matching's lock alone (see `begin_matching`), or that is rolled back.
    """
    stale = _stale()
    if people is not None:
        stale = stale.filter(pk__in=people)
        PersonKey.objects.bulk_create(
            (
                PersonKey(person_id=pk, **_fields(email, name))
                for pk, email, name in stale.values_list("pk", "email", "name")
            ),
            update_conflicts=True,
            unique_fields=["person"],
            update_fields=["email", "name", "address", "local_part", "name_key"],
        )
        return 0
    rows = list(stale.values_list("pk", "email", "name"))
    if not rows:
        return 0
    with database.cursor() as cursor:
        cursor.execute(MAKE)
        with cursor.copy(COPY) as copy:
            for pk, email, name in rows:
                copy.write_row((pk, *_fields(email, name).values()))
        cursor.execute(STORE)
        cursor.execute("DROP TABLE stale_key")
    return len(rows)


def _fields(email: str, name: str) -> dict[str, str]:
    address = normal_address(email)[:LONGEST_ADDRESS]
    return {
        "email": email,
        "name": name,
        "address": address,
        "local_part": local_part(address),
        "name_key": name_key(name)[:LONGEST_NAME],
    }

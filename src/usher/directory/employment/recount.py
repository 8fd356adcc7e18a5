"""Whether what is kept about each person is what the rule says now. Triggers see to it; this looks.

Nothing else writes `Standing`: a difference means that rows were changed while triggers were off.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import connection as database
from django.db import transaction

from usher.platform.scope import whole_installation
from usher.roster.query import keys_of_everybody

AT_ONCE = 10_000

COLUMNS = (
    "name",
    "words",
    "role",
    "seats",
    "employee_id",
    "source_id",
    "status",
    "last_day",
    "ended_on",
    '"group"',
)

DIFFERING = f"""
    SELECT fresh.person_id FROM usher_standing(%s) fresh
    LEFT JOIN directory_standing kept ON kept.person_id = fresh.person_id
    WHERE ({", ".join(f"kept.{column}" for column in COLUMNS)})
        IS DISTINCT FROM ({", ".join(f"fresh.{column}" for column in COLUMNS)})
    ORDER BY 1
"""  # noqa: S608  # names of columns
ADD_MISSING = """
    INSERT INTO directory_standing (person_id, connection_id, name, words, "group", role, seats, status)
    SELECT id, connection_id, '', '', '', '', 0, '' FROM roster_person WHERE id = ANY (%s) ON CONFLICT DO NOTHING
"""


@dataclass
class Recount:
    people: int = 0
    differing: list[int] = field(default_factory=list)
    """Primary keys of the people about whom something else was kept."""


@whole_installation()
def recount(*, mend: bool) -> Recount:
    """Compares everybody, some at a time, each time in one statement, so that changes meanwhile do not matter."""
    result = Recount()
    for people in keys_of_everybody(AT_ONCE):
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(DIFFERING, [people])
            differing = [pk for (pk,) in cursor.fetchall()]
            if mend and differing:
                cursor.execute(ADD_MISSING, [differing])
                restate(differing)
        result.people += len(people)
        result.differing += differing
    return result


def restate(people: Collection[int]) -> None:
    """Finds out about these people again, as the triggers do."""
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("SELECT usher_restate(%s)", [sorted(people)])

"""Matching after a sync: everybody, unless nothing has changed that their matches depend on.

Five hundred connections are synced one after the other, and few of them have changed since the day before.
"""

from datetime import date
from typing import LiteralString

from django.db import connection as database
from django.db import transaction
from django.db.models import Max

from usher.connections.models import Connection
from usher.directory.locks import matching_alone
from usher.directory.matching.update import bring_up_to_date
from usher.directory.models import MatchedConnection
from usher.platform.scope import whole_installation

# Of whom an organization lists, and under which domains. Employees and aliases are not in it: whoever changes them
# matches again in the same transaction.
INPUTS: LiteralString = """
    SELECT concat_ws(' ', people.count, people.hash, organizations.hash)
    FROM (
        SELECT count(*), sum(hash_record_extended(ROW(person.id, person.email, person.name, EXISTS (
            SELECT FROM roster_membership membership
            WHERE membership.person_id = person.id AND membership.status = 'active'
        )), 0)) AS hash
        FROM roster_person person WHERE person.connection_id = %(connection)s
    ) AS people, (
        SELECT sum(hash_record_extended(ROW(id, is_organization, email_domains), 0)) AS hash
        FROM roster_workspace WHERE connection_id = %(connection)s
    ) AS organizations
"""


@whole_installation()
@transaction.atomic
def match_after_sync(connection: Connection, today: date) -> bool:
    """Whether everybody was matched: once a day, and after a sync that has changed anything that matters.

    What mattered is stored with the matches, so that a process that dies between a sync and its matching leaves the
    matching to the next sync.
    """
    matching_alone()
    # Before anybody is matched: whatever changes meanwhile is seen as a change by the next sync.
    inputs = _inputs_of(connection)
    if MatchedConnection.objects.filter(connection=connection, inputs=inputs).exists():
        newest: date | None = MatchedConnection.objects.aggregate(newest=Max("day"))["newest"]
        if newest == today:
            return False
    bring_up_to_date(today=today)
    MatchedConnection.objects.update_or_create(
        connection=connection, defaults={"day": today, "inputs": inputs}
    )
    return True


def _inputs_of(connection: Connection) -> str:
    with database.cursor() as cursor:
        cursor.execute(INPUTS, {"connection": connection.pk})
        inputs: str = cursor.fetchone()[0]
    return inputs

"""Whether what is kept of memberships is what a fresh count says. Triggers and versions see to it; this looks."""

from dataclasses import dataclass, field

from django.db import connection as database
from django.db import transaction

from usher.activity.models import KeptCells, ListedMembership
from usher.activity.usage.counting import count_afresh, count_memberships
from usher.connections.models import Connection
from usher.platform.scope import whole_installation
from usher.roster.query import keys_of_everybody

AT_ONCE = 10_000

COLUMNS = [
    field.column for field in ListedMembership._meta.concrete_fields if field.column != "membership_id"
]
DIFFERING = f"""
    SELECT coalesce(fresh.person_id, kept.person_id)
    FROM usher_listed(%(people)s) fresh
    FULL JOIN (SELECT * FROM activity_listedmembership WHERE person_id = ANY (%(people)s)) kept
        ON kept.membership_id = fresh.membership_id
    WHERE ({", ".join(f"kept.{column}" for column in COLUMNS)})
        IS DISTINCT FROM ({", ".join(f"fresh.{column}" for column in COLUMNS)})
"""  # noqa: S608  # names of columns
FORGET = """
    DELETE FROM activity_listedmembership kept
    WHERE person_id = ANY (%(people)s)
        AND NOT EXISTS (SELECT FROM roster_membership WHERE id = kept.membership_id AND person_id = kept.person_id)
"""


@dataclass
class ListedRecount:
    people: int = 0
    differing: list[int] = field(default_factory=list)
    """Primary keys of people of whom another membership, name or use was kept."""
    connections: list[Connection] = field(default_factory=list)
    """Those whose memberships were counted otherwise."""

    @property
    def differs(self) -> bool:
        return bool(self.differing or self.connections)


@whole_installation()
def recount_listed(*, mend: bool) -> ListedRecount:
    """Compares everybody, some at a time, then the figures of every connection."""
    result = ListedRecount()
    for people in keys_of_everybody(AT_ONCE):
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(DIFFERING, {"people": people})
            differing = sorted({pk for (pk,) in cursor.fetchall()})
            if mend and differing:
                cursor.execute(FORGET, {"people": differing})
                cursor.execute("SELECT usher_relist(%s)", [differing])
        result.people += len(people)
        result.differing += differing
    connections = list(Connection.objects.all())
    for kept, fresh in zip(count_memberships(connections), count_afresh(connections), strict=True):
        if kept.figures != fresh.figures:
            result.connections.append(kept.connection)
    if mend:
        KeptCells.objects.filter(connection__in=result.connections).delete()
    return result

"""How much each source knows about one person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from django.db import connection as database

from usher.activity.models import ConsoleSighting, Use
from usher.roster.models import Person

MOST_COUNTED = 10_000
"""Events of one person are counted up to this number, from the newest back."""


@dataclass(frozen=True)
class SourceEvidence:
    """What one source knows about the person. `count` is None where the source has no events."""

    title: str
    count: int | None
    newest: datetime | date | None
    note: str = ""

    @property
    def is_more(self) -> bool:
        return self.count is not None and self.count >= MOST_COUNTED


AUDIT_EVIDENCE: LiteralString = """
    SELECT use, count(*), max(created_at) FROM (
        SELECT use, created_at FROM activity_auditevent
        WHERE connection_id = %s AND actor_gid = %s AND actor_gid <> '' AND use > 0
        ORDER BY created_at DESC LIMIT %s
    ) newest GROUP BY use
"""
STREAM_EVIDENCE: LiteralString = """
    SELECT count(*), max(at) FROM (
        SELECT at FROM activity_streamevent WHERE connection_id = %s AND user_gid = %s ORDER BY at DESC LIMIT %s
    ) newest
"""


def evidence_by_source(person: Person, sighting: ConsoleSighting | None) -> list[SourceEvidence]:
    """`sighting`: the person in the newest console export."""
    parameters: list[int | str] = [person.connection_id, person.gid, MOST_COUNTED]
    with database.cursor() as cursor:
        cursor.execute(STREAM_EVIDENCE, parameters)
        stream_count, stream_newest = cursor.fetchone()
        cursor.execute(AUDIT_EVIDENCE, parameters)
        audit = {use: (count, newest) for use, count, newest in cursor.fetchall()}
    human, automated = audit.get(Use.HUMAN, (0, None)), audit.get(Use.AUTOMATED, (0, None))
    return [
        SourceEvidence("Event stream", stream_count, stream_newest, note="everyday work"),
        SourceEvidence("Audit log, human use", *human),
        SourceEvidence("Audit log, automated", *automated, note="does not count as use by the person"),
        SourceEvidence(
            "Admin Console, last activity",
            None,
            sighting.last_activity_on if sighting else None,
            note=_export_of(sighting),
        ),
    ]


def _export_of(sighting: ConsoleSighting | None) -> str:
    if sighting is None:
        return "not in any imported export"
    return f"export of {sighting.console_import.exported_on:%-d %b %Y}"

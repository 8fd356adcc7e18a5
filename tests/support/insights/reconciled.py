"""A member CSV beside what Usher knows, for tests of the comparison. Imported as people import it."""

import csv
import io
from datetime import UTC, date, datetime, time, timedelta

from usher.activity.console.parse import parse
from usher.activity.console.store import store
from usher.activity.models import ActiveDay, ConsoleImport, EvidenceSource
from usher.connections.models import Connection
from usher.ledger.actors import SYSTEM
from usher.roster.models import Membership

HEADER = ["User ID", "Name", "Email", "Joined", "First login", "Last activity"]
NEVER = "Not yet logged in"


def row_of(member: Membership, last: date | str = "", joined: date | str = "") -> list[str]:
    """`last`: a day, or what the file says instead."""
    return [member.person.gid, member.person.name, member.person.email, str(joined), "", str(last)]


def row_of_nobody(name: str, email: str = "", last: date | str = "", gid: str = "") -> list[str]:
    return [gid, name, email, "", "", str(last)]


def import_rows(connection: Connection, exported_on: date, rows: list[list[str]]) -> ConsoleImport:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *rows])
    parsed = parse(text.getvalue().encode())
    return store(connection, parsed, exported_on, "members.csv", SYSTEM)


def at(day: date, hour: int = 12) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def days_before(day: date, days: int) -> date:
    return day - timedelta(days=days)


def seen(member: Membership, day: date, *, automated: bool = False) -> Membership:
    """As if the audit log had an event of that day. To be called before the file is imported, which sums up."""
    ActiveDay.objects.create(
        connection=member.person.connection,
        user_gid=member.person.gid,
        day=day,
        human=0 if automated else 1,
        automated=1 if automated else 0,
        sessions=0 if automated else 1,
        usage_seconds=60,
        last_human_at=None if automated else at(day),
        last_human_source="" if automated else EvidenceSource.AUDIT,
        last_automated_at=at(day) if automated else None,
    )
    return member

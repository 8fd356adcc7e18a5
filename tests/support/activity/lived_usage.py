"""Use of Asana put straight into the database, for tests of what is said of it."""

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from usher.activity.models import ConsoleImport, ConsoleSighting, Coverage, EvidenceSource, PersonUsage
from usher.activity.usage.figures import local_day
from usher.roster.models import Membership, Workspace

numbers = count()


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def watch(workspace: Workspace, source: EvidenceSource, days: float, until: float = 0) -> None:
    """As if the source had been read for so many days, `until` so many days ago."""
    Coverage.objects.create(
        workspace=workspace, source=source, begins_at=ago(days=days), ends_at=ago(days=until)
    )


def use(
    member: Membership,
    last: datetime | None = None,
    active_days: int = 0,
    minutes: float = 0,
    source: EvidenceSource = EvidenceSource.AUDIT,
    automated: datetime | None = None,
) -> Membership:
    """What was computed of the member's person."""
    PersonUsage.objects.create(
        connection=member.person.connection,
        user_gid=member.person.gid,
        as_of=timezone.localdate(),
        last_used_at=last,
        last_used_source=source if last else "",
        observed_on=local_day(member.person.connection, last) if last and source != "console" else None,
        last_automated_at=automated,
        active_days=active_days,
        usage_seconds=round(minutes * 60),
    )
    return member


def export(*members: Membership) -> None:
    """Members who stand in an export of the Admin Console, of today."""
    done = ConsoleImport.objects.create(
        connection=members[0].person.connection,
        exported_on=timezone.localdate() - timedelta(days=next(numbers)),
        file_name="members.csv",
        rows=len(members),
        matched=len(members),
    )
    for member in members:
        ConsoleSighting.objects.create(console_import=done, user_gid=member.person.gid)

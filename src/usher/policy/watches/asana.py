"""What a security engineer wants to know at once: new admins in Asana, and mass exports from it."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.urls import reverse

from usher.activity.events.labels import type_in_words
from usher.activity.models import AuditEvent
from usher.connections.models import Connection
from usher.notify.telling import tell
from usher.roster.models import Change, Person, Role, SeatCount, Workspace

LOOKS_BACK = timedelta(days=3)
"""Longer than any pause of a worker that is worth a message, shorter than the 90 days of a first sync."""
WHOLE_ORGANISATION = "workspace_export_started"
MASS_EXPORTS = (
    "workspace_members_export_started",
    "workspace_teams_export_started",
    "workspace_attachment_export_started",
    "object_export_started",
    "division_teams_export_started",
)


def tell_of_admins(now: datetime) -> None:
    for change in new_admins(now - LOOKS_BACK):
        person, workspace = change.membership.person, change.membership.workspace
        tell(
            "new_asana_admin",
            f"change {change.pk}",
            {
                "person": _named(person),
                "workspace": workspace.name,
                "account": person.connection.name,
                "when": _moment(change.seen_at),
            },
            connection=person.connection,
            path=reverse("person", args=[person.pk]),
        )


def new_admins(since: datetime) -> QuerySet[Change]:
    """Who was made an admin, or came as one. The first sync of a workspace finds its admins, and makes none."""
    was_walked_before = SeatCount.objects.filter(
        workspace=OuterRef("membership__workspace"), day__lt=OuterRef("seen_day")
    )
    became = Q(kind=Change.Kind.ROLE, after=Role.ADMIN)
    came = Q(kind__in=[Change.Kind.JOINED, Change.Kind.RETURNED], membership__role=Role.ADMIN)
    return (
        Change.objects.annotate(seen_day=TruncDate("seen_at"))
        .filter(became | came, Exists(was_walked_before), seen_at__gte=since)
        .filter(membership__until=None)
        .select_related("membership__person__connection", "membership__workspace")
        .order_by("pk")
    )


def tell_of_exports(now: datetime) -> None:
    workspaces = {one.pk: one for one in Workspace.objects.select_related("connection")}
    events = AuditEvent.objects.filter(
        workspace_id__in=list(workspaces),
        event_type__in=[WHOLE_ORGANISATION, *MASS_EXPORTS],
        created_at__gte=now - LOOKS_BACK,
    ).order_by(F("created_at").asc())
    for event in events.values_list("workspace_id", "gid", "created_at", "event_type", "actor_gid"):
        workspace_id, gid, at, event_type, actor_gid = event
        connection = workspaces[workspace_id].connection
        tell(
            "organisation_export" if event_type == WHOLE_ORGANISATION else "mass_export",
            f"event {workspace_id}, {gid}",
            {
                "what": type_in_words(event_type),
                "who": _actor(connection, actor_gid),
                "when": _moment(at),
                "account": connection.name,
                "event": event_type,
            },
            connection=connection,
            path=f"{reverse('activity:events')}?{urlencode({'type': event_type, 'connection': connection.pk})}",
        )


def _actor(connection: Connection, gid: str) -> str:
    person = Person.objects.filter(connection=connection, gid=gid).first() if gid else None
    return _named(person) if person else "Somebody whom the audit log does not name"


def _named(person: Person) -> str:
    return f"{person.name} ({person.email})" if person.name and person.email else str(person)


def _moment(moment: datetime) -> str:
    return f"{moment:%-d %B %Y, %H:%M} UTC"

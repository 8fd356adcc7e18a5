"""New ways in: service accounts, apps and tokens of people who left, and work that is open to the public."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime

from django.db.models import Max, QuerySet

from usher.activity.events.labels import type_in_words
from usher.activity.models import AuditEvent, Use
from usher.connections.models import Connection
from usher.directory.employment.status import with_employment
from usher.directory.models import Employee
from usher.policy.watches.detections.facts import UNNAMED, DetectedFact, audit_log, named, names_of, on_day_of
from usher.roster.models import Person, Workspace

SERVICE_ACCOUNT = "service_account_created"
AUTHORISED = {
    "user_app_authorized": "gave an app access",
    "user_personal_access_token_authorized": "made a personal access token",
}
MADE_PUBLIC = (
    "workspace_view_links_enabled",
    "workspace_logged_out_view_authentication_required_disabled",
    "workspace_form_link_authentication_required_disabled",
    "project_view_link_enabled",
)
"""Read-only links are allowed or need no sign-in any more, forms need none, or a project got such a link."""


def new_service_accounts(connection: Connection, since: datetime) -> Iterator[DetectedFact]:
    for event, who in _events_with_actor(connection, [SERVICE_ACCOUNT], since):
        yield DetectedFact(
            f"event {event.workspace_id}, {event.gid}",
            event.created_at,
            {"who": who},
            audit_log(connection, type=SERVICE_ACCOUNT, **on_day_of(event.created_at)),
        )


def public_sharing(connection: Connection, since: datetime) -> Iterator[DetectedFact]:
    for event, who in _events_with_actor(connection, MADE_PUBLIC, since):
        yield DetectedFact(
            f"event {event.workspace_id}, {event.gid}",
            event.created_at,
            {"who": who, "what": type_in_words(event.event_type), "event": event.event_type},
            audit_log(connection, type=event.event_type, **on_day_of(event.created_at)),
        )


def tokens_of_leavers(connection: Connection, since: datetime, today: date) -> Iterator[DetectedFact]:
    """Of people of whom the directory says that they have left: each new one, and their use once for each leaving."""
    given = _events(connection, AUTHORISED, since).exclude(actor_gid="")
    used = _used(connection, since)
    people = _left(connection, {*used, *given.values_list("actor_gid", flat=True)}, today)
    for event in given.filter(actor_gid__in=list(people)).order_by("created_at", "gid"):
        person, left_on = people[event.actor_gid]
        if _is_after(event.created_at, left_on):
            yield DetectedFact(
                f"event {event.workspace_id}, {event.gid}",
                event.created_at,
                _of_leaver(person, left_on, AUTHORISED[event.event_type]),
                audit_log(
                    connection, type=event.event_type, person=person.gid, **on_day_of(event.created_at)
                ),
            )
    for gid, (person, left_on) in people.items():
        if gid in used and _is_after(used[gid], left_on):
            yield DetectedFact(
                f"person {gid}, left {left_on}",
                used[gid],
                _of_leaver(person, left_on, "used Asana by an app or a token"),
                audit_log(connection, context="api", person=person.gid, **on_day_of(used[gid])),
            )


def _used(connection: Connection, since: datetime) -> dict[str, datetime]:
    """By whom apps and tokens worked, and when last. A rule in Asana that somebody made is none."""
    workspaces = list(Workspace.objects.filter(connection=connection).values_list("pk", flat=True))
    events = AuditEvent.objects.filter(
        workspace_id__in=workspaces,
        context_type="api",
        use=Use.AUTOMATED,
        actor_type="user",
        created_at__gte=since,
    ).order_by()
    return dict(events.values_list("actor_gid").annotate(Max("created_at")))


def _left(connection: Connection, gids: set[str], today: date) -> dict[str, tuple[Person, date | None]]:
    people = with_employment(Person.objects.filter(connection=connection, gid__in=gids), today)
    known = ((person, vars(person)) for person in people.order_by("pk"))
    return {
        person.gid: (person, details["left_on"])
        for person, details in known
        if details["employee_status"] == Employee.Status.LEFT
    }


def _is_after(at: datetime, left_on: date | None) -> bool:
    """Not on the last day itself. Whoever left on an unknown day has left."""
    return left_on is None or at.astimezone(UTC).date() > left_on


def _of_leaver(person: Person, left_on: date | None, what: str) -> dict[str, str | int | list[str]]:
    return {
        "person": named(person),
        "left": f"on {left_on:%-d %B %Y}" if left_on else "on an unknown day",
        "what": what,
    }


def _events_with_actor(
    connection: Connection, types: Collection[str], since: datetime
) -> Iterator[tuple[AuditEvent, str]]:
    events = list(_events(connection, types, since).order_by("created_at", "gid")[:1_000])
    names = names_of(connection, (event.actor_gid for event in events if event.actor_gid))
    for event in events:
        yield event, names.get(event.actor_gid, UNNAMED)


def _events(connection: Connection, types: Collection[str], since: datetime) -> QuerySet[AuditEvent]:
    workspaces = list(Workspace.objects.filter(connection=connection).values_list("pk", flat=True))
    return AuditEvent.objects.filter(
        workspace_id__in=workspaces, event_type__in=list(types), created_at__gte=since
    )

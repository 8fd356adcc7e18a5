"""Sign-ins to Asana without single sign-on where it is required, and many that failed."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection as database
from django.db.models import Q

from usher.activity.events.search import read_event
from usher.activity.models import AuditEvent
from usher.connections.models import Connection
from usher.policy.watches.detections.facts import UNNAMED, DetectedFact, audit_log, names_of, on_day_of
from usher.roster.models import Membership, Role, Workspace

SIGNED_IN, FAILED = "user_login_succeeded", "user_login_failed"
SSO_SETTINGS = "workspace_saml_settings_changed"
REQUIRED = "required"
SSO_METHODS = ("SAML", "OIDC", "SSO", "GOOGLE", "GOOGLE_SSO", "MICROSOFT", "MICROSOFT_SSO")
"""Asana documents SAML alone. The others are ways by which an identity provider answers for somebody."""
FAILED_BY_PERSON, FAILED_BY_ADDRESS = 10, 30
"""Within an hour. Many people share the address of an office."""
WINDOW = timedelta(hours=1)
MOST_READ = 5_000
"""Sign-ins of one workspace that are looked at in one run."""

# In JSON, a quotation mark of a name is written with a backslash, so that no name looks like this.
_BY_SSO = rf'"method"\s*:\s*\[[^]]*"({"|".join(SSO_METHODS)})"'


def sign_ins_without_sso(connection: Connection, since: datetime) -> Iterator[DetectedFact]:
    """Of members; guests have an identity provider of their own, or none. Once for each person and day."""
    for workspace in Workspace.objects.filter(connection=connection):
        required_since = _required_since(connection, workspace, since)
        if required_since is None:
            continue
        first: dict[tuple[str, object], tuple[AuditEvent, str]] = {}
        for event in _sign_ins(workspace, required_since):
            methods = _methods(event)
            if methods and not {each.upper() for each in methods} & set(SSO_METHODS):
                first.setdefault((event.actor_gid, event.created_at.date()), (event, _in_words(methods)))
        guests = _guests(workspace, {gid for gid, _ in first})
        names = names_of(connection, (gid for gid, _ in first))
        for (gid, day), (event, way) in first.items():
            if gid not in guests:
                yield DetectedFact(
                    f"person {gid} in {workspace.pk}, {day}",
                    event.created_at,
                    {
                        "person": names.get(gid, UNNAMED),
                        "workspace": workspace.name,
                        "way": way,
                        "address": event.ip_address or "an unknown address",
                    },
                    audit_log(connection, type=SIGNED_IN, person=gid, **on_day_of(event.created_at)),
                )


def failed_sign_ins(connection: Connection, since: datetime) -> Iterator[DetectedFact]:
    """Once for each time that somebody, or an address, fails often."""
    for workspace in Workspace.objects.filter(connection=connection):
        with database.cursor() as cursor:
            cursor.execute(
                _OFTEN_FAILED,
                {
                    "workspace": workspace.pk,
                    "type": FAILED,
                    "since": since,
                    "from": since - WINDOW,
                    "seconds": WINDOW.total_seconds(),
                    "by_person": FAILED_BY_PERSON,
                    "by_address": FAILED_BY_ADDRESS,
                },
            )
            rows: list[tuple[bool, str, datetime, int]] = cursor.fetchall()
        names = names_of(connection, (who for is_person, who, _, _ in rows if is_person))
        for is_person, who, at, count in rows:
            only = {"person": who} if is_person else {"ip": who}
            yield DetectedFact(
                f"{'person' if is_person else 'address'} {who} in {workspace.pk}, {at.date()}",
                at,
                {
                    "who": names.get(who, UNNAMED) if is_person else f"the address {who}",
                    "count": count,
                    "workspace": workspace.name,
                },
                audit_log(connection, type=FAILED, **only, **on_day_of(at)),
            )


# A time begins with the failure that makes it too many within an hour, and ends when it is fewer again. What began
# before `since` is not told: it was, or is too old.
_OFTEN_FAILED = """
    WITH failed AS (
        SELECT created_at, gid, ip_address,
               CASE WHEN resource_type = 'user' AND resource_gid <> '' THEN resource_gid ELSE actor_gid END AS account
        FROM activity_auditevent
        WHERE workspace_id = %(workspace)s AND event_type = %(type)s AND created_at >= %(from)s
    ), each AS (
        SELECT true AS is_person, account AS who, created_at, gid, %(by_person)s AS most
        FROM failed WHERE account <> ''
        UNION ALL
        SELECT false, ip_address, created_at, gid, %(by_address)s FROM failed WHERE ip_address <> ''
    ), counted AS (
        SELECT *, count(*) OVER (
            PARTITION BY is_person, who ORDER BY created_at
            RANGE BETWEEN make_interval(secs => %(seconds)s) PRECEDING AND CURRENT ROW
        ) AS number FROM each
    ), compared AS (
        SELECT *, lag(number, 1, 0::bigint) OVER (PARTITION BY is_person, who ORDER BY created_at, gid) AS before
        FROM counted
    )
    SELECT is_person, who, min(created_at), max(number) FROM compared
    WHERE number >= most AND before < most AND created_at >= %(since)s
    GROUP BY is_person, who, (created_at AT TIME ZONE 'UTC')::date
    ORDER BY 3, 1, 2
"""


def _required_since(connection: Connection, workspace: Workspace, since: datetime) -> datetime | None:
    """From when on sign-ins have to be by SSO, at the earliest `since`; None where they need not be.

    As an admin of Usher says, or as the newest change in the stored audit log says.
    """
    if connection.requires_sso:
        return since
    changes = AuditEvent.objects.filter(workspace_id=workspace.pk, event_type=SSO_SETTINGS)
    newest = changes.order_by("-created_at").first()
    if newest is None or (read_event(newest).details or {}).get("new_value") != REQUIRED:
        return None
    return max(since, newest.created_at)


def _sign_ins(workspace: Workspace, since: datetime) -> list[AuditEvent]:
    events = AuditEvent.objects.filter(
        Q(workspace_id=workspace.pk, event_type=SIGNED_IN, created_at__gte=since, actor_type="user"),
        ~Q(raw__regex=_BY_SSO),
        ~Q(raw="", packed=b""),
    )
    return list(events.order_by("created_at", "gid")[:MOST_READ])


def _methods(event: AuditEvent) -> list[str]:
    """Empty where the record does not tell."""
    methods = (read_event(event).details or {}).get("method")
    return [each for each in methods if isinstance(each, str)] if isinstance(methods, list) else []


def _in_words(methods: list[str]) -> str:
    return " and ".join(each.replace("_", " ").lower()[:40] for each in methods[:4])


def _guests(workspace: Workspace, gids: set[str]) -> set[str]:
    guests = Membership.objects.filter(workspace=workspace, person__gid__in=gids, role=Role.GUEST)
    return set(guests.values_list("person__gid", flat=True))

"""How people came into Asana: when, and who invited them by which way, as far as the audit log tells."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from usher.activity.events.search import read_event
from usher.activity.ingest.spans import Span, covers
from usher.activity.models import AuditEvent, Coverage, EvidenceSource, ListedMembership
from usher.activity.usage.figures import local_day
from usher.asana import AuditActor, AuditLogEvent, Context
from usher.connections.models import Connection
from usher.roster.models import Person
from usher.web.phrases import day_in_words

INVITED, ADDED_BACK = "user_invited", "user_reprovisioned"
AT_ONCE = 500
EARLIER, LATER = timedelta(days=31), timedelta(days=1)
"""An event so much before or after Asana's date of a membership is taken for the one that made it."""
AROUND = timedelta(hours=1)
"""The time around a joining that the log has to cover before its silence says something."""
LONGEST_NAME = 80
_OTHERS = {
    "asana_support": "by Asana support",
    "external_administrator": "by an external administrator",
    "anonymous": "by somebody who was not signed in",
}


class JoinsOfPeople:
    """For the people of one connection. Costs the same few queries for each page of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._covered: dict[int, list[Span]] = defaultdict(list)
        rows = Coverage.objects.filter(workspace__connection=connection, source=EvidenceSource.AUDIT)
        for workspace, begins_at, ends_at in rows.values_list("workspace_id", "begins_at", "ends_at"):
            self._covered[workspace].append(Span(begins_at, ends_at))

    def in_words(self, people: Mapping[int, Sequence[ListedMembership]]) -> Iterator[tuple[int, str]]:
        """By person, for example “Joined 3 Nov 2026, invited by Bob Lee (bob@example.com)”."""
        keys = list(people)
        for begin in range(0, len(keys), AT_ONCE):
            page = {key: people[key] for key in keys[begin : begin + AT_ONCE]}
            events = self._events([one for memberships in page.values() for one in memberships])
            names = self._names(events.values())
            for person, memberships in page.items():
                parts = [self._of(one, events.get(one.pk), names) for one in memberships]
                if len(parts) > 1:
                    parts = [
                        f"{one.workspace.name}: {part}" for one, part in zip(memberships, parts, strict=True)
                    ]
                yield person, "; ".join(parts)

    def _events(self, memberships: Sequence[ListedMembership]) -> dict[int, AuditLogEvent]:
        """By membership: the event that is nearest to Asana's date of it."""
        known = {(one.workspace_id, one.person.gid): one for one in memberships}
        rows = AuditEvent.objects.filter(
            connection_id=self._connection.pk,
            resource_type="user",
            resource_gid__in={gid for _, gid in known},
            event_type__in=(INVITED, ADDED_BACK),
            # So that few months are looked through.
            created_at__gte=min(one.since for one in memberships) - EARLIER,
            created_at__lte=max(one.since for one in memberships) + LATER,
        )
        nearest: dict[int, AuditEvent] = {}
        for event in rows:
            one = known.get((event.workspace_id, event.resource_gid))
            if one is None or not one.since - EARLIER <= event.created_at <= one.since + LATER:
                continue
            before = nearest.get(one.pk)
            if before is None or _distance(event, one.since) < _distance(before, one.since):
                nearest[one.pk] = event
        return {pk: read_event(event) for pk, event in nearest.items()}

    def _names(self, events: Iterable[AuditLogEvent]) -> dict[str, str]:
        """Of those who invited, by gid, as the roster has them."""
        gids = {event.actor.gid for event in events if event.actor and event.actor.gid}
        people = Person.objects.filter(
            connection=self._connection, gid__in=[gid for gid in gids if "\0" not in gid]
        )
        return {gid: _named(name, email) for gid, name, email in people.values_list("gid", "name", "email")}

    def _of(self, one: ListedMembership, event: AuditLogEvent | None, names: Mapping[str, str]) -> str:
        day = day_in_words(local_day(self._connection, one.since))
        if event is None:
            return f"Joined {day}, {self._without_event(one)}"
        verb = "Came back" if event.event_type == ADDED_BACK else "Joined"
        return f"{verb} {day}, {_by(event, one.person.gid, names)}"

    def _without_event(self, one: ListedMembership) -> str:
        spans = self._covered.get(one.workspace_id)
        if not spans:
            return "who invited them is not known: no audit log is read there"
        ends = min(one.since + AROUND, timezone.now())
        if covers(spans, one.since - AROUND, ends):
            return "by the domain of the address: the audit log has no invitation"
        if one.since >= max(span.ends_at for span in spans) - AROUND:
            return "who invited them is not known yet: the audit log has not been read so far"
        return "who invited them is not known: the audit log does not reach back to it"


def _by(event: AuditLogEvent, gid: str, names: Mapping[str, str]) -> str:
    """“invited by Ann Cox (ann@example.com), through Ledger Link”."""
    actor, context = event.actor or AuditActor(), event.context or Context()
    verb = "added back" if event.event_type == ADDED_BACK else "invited"
    if actor.actor_type == "asana" or actor.gid == gid:
        # Asana writes the same event for whoever joins by themselves.
        return "added back by Asana" if event.event_type == ADDED_BACK else "by the domain of the address"
    if actor.actor_type in _OTHERS:
        return f"{verb} {_OTHERS[actor.actor_type]}"
    name = names.get(actor.gid or "") or _named(actor.name or "", actor.email or "")
    who = name or ("a deleted account" if actor.gid else "somebody whom the audit log does not name")
    if context.api_authentication_method == "service_account":
        return f"{verb} by the service account {name}" if name else f"{verb} by a service account"
    return f"{verb} by {who}{_way(context)}"


def _way(context: Context) -> str:
    if context.oauth_app_name:
        return f", through {_clean(context.oauth_app_name)}"
    if context.context_type == "api" and context.api_authentication_method != "cookie":
        return ", through the API"
    return ", by a rule in Asana" if context.rule_name else ""


def _named(name: str, email: str) -> str:
    name, email = _clean(name), _clean(email)
    return f"{name} ({email})" if name and email else name or email


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:LONGEST_NAME]


def _distance(event: AuditEvent, since: datetime) -> timedelta:
    return abs(event.created_at - since)

"""The weekly summary: over everything for those who see everything, and by connection for those who see some.

Destinations that are limited to connections get those of each.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from usher.access.models import User
from usher.activity.usage import rules
from usher.activity.usage.counting import count_memberships
from usher.connections.models import Connection
from usher.insights.leavers import has_leavers, leaver_figures
from usher.notify.telling import connections_told_apart, tell
from usher.policy.models import Policy, PolicyRun
from usher.roster.models import Change, Licence
from usher.web.money import money_by_currency

DAYS = 7


def tell_weekly(now: datetime) -> None:
    """Once a week, however often it is called."""
    today = timezone.localdate(now)
    year, week, _ = today.isocalendar()
    connections = list(Connection.objects.filter(disconnected_at=None))
    if not connections:
        return
    name = connections[0].name if len(connections) == 1 else f"{len(connections)} accounts"
    tell(
        "digest",
        f"week {year}-{week}",
        weekly_figures(None, connections, name, today, now),
        path=reverse("dashboard"),
    )
    users = User.objects.filter(is_active=True)
    see_all = list(users.filter(scope=None).values_list("pk", flat=True))
    scopes = users.exclude(scope=None).values_list("scope", flat=True)
    wanted = {key for scope in scopes for key in scope or []} | connections_told_apart("digest")
    for connection in connections:
        if connection.pk in wanted:
            tell(
                "digest",
                f"week {year}-{week}, connection {connection.pk}",
                weekly_figures(connection, [connection], connection.name, today, now),
                connection=connection,
                path=f"{reverse('dashboard')}?connection={connection.pk}",
                besides=see_all,
                to_users_only=True,
            )


def weekly_figures(
    chosen: Connection | None, connections: list[Connection], name: str, today: date, now: datetime
) -> dict[str, str | int | list[str]]:
    """The facts of the kind `digest`. What is not known is not said."""
    lines = []
    leavers = leaver_figures(chosen, today) if has_leavers(chosen) else None
    if leavers:
        cost = f", {money_by_currency(leavers.now.cost)} a month" if leavers.now.cost else ""
        lines.append(f"Leavers who still have access: {leavers.left:,}{cost}")
        lines.append(f"People who leave soon: {leavers.leaving:,}")
    idle = sum(
        cell.people
        for counted in count_memberships(connections)
        for cell in counted.counted.cells
        if cell.licence is Licence.MEMBER and counted.idle_for(cell) >= rules.IDLE_DAYS
    )
    lines.append(f"Seats known to be idle for {rules.IDLE_DAYS} days: {idle:,}")
    changes = Change.objects.filter(
        seen_at__gte=now - timedelta(days=DAYS), membership__person__connection__in=connections
    )
    came = changes.filter(kind__in=[Change.Kind.JOINED, Change.Kind.RETURNED]).count()
    lines.append(f"Joined or came back in Asana: {came:,}")
    lines.append(f"Left Asana: {changes.filter(kind=Change.Kind.LEFT).count():,}")
    if leavers:
        lines.append(f"Cases that wait for approval: {leavers.waiting:,}; failed: {leavers.failed:,}")
    lines += _rules(chosen, connections)
    first = today - timedelta(days=DAYS)
    return {
        "headline": f"{leavers.left:,} leavers still have access" if leavers else f"{idle:,} idle seats",
        "account": name,
        "week": f"{first:%-d %B} to {today - timedelta(days=1):%-d %B %Y}",
        "lines": lines,
    }


def _rules(chosen: Connection | None, connections: list[Connection]) -> Iterator[str]:
    """Whom each rule that is on found in its newest run; those that are only watched would have acted on them.

    Whoever sees one connection only sees no rule of all of them.
    """
    runs = PolicyRun.objects.filter(connection__in=connections, state=PolicyRun.State.DONE)
    newest = runs.order_by("policy_id", "connection_id", "-pk").distinct("policy_id", "connection_id")
    found: dict[int, list[PolicyRun]] = defaultdict(list)
    for run in newest:
        found[run.policy_id].append(run)
    policies = Policy.objects.filter(pk__in=found).exclude(state=Policy.State.OFF)
    for policy in policies if chosen is None else policies.filter(connection=chosen):
        people = sum(run.found - run.left_out for run in found[policy.pk])
        verb = "would act on" if policy.state == Policy.State.WATCHING else "finds"
        lines = f"Rule “{policy.name}” {verb} {people:,} {'person' if people == 1 else 'people'}"
        yield f"{lines}, and asks whether that is right" if policy.state == Policy.State.ASKING else lines

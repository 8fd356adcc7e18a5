"""Who is never removed, and why: the list that admins keep, and two fixed rules."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from usher.connections.models import Connection
from usher.directory.protection import reason_protected, reasons_protected
from usher.removal.models import Case, Target
from usher.removal.states import OPEN, CaseState
from usher.roster.models import Membership, Person, Role, Status


def why_protected(person: Person) -> str:
    """In words; empty if the person is not protected."""
    last_admin_of = [membership.workspace.name for membership in last_admin_memberships(person)]
    token = _connections_by_token_owner([person]).get(person.gid)
    return _by_rule(token, person, last_admin_of) or reason_protected(person)


def reasons_why_protected(people: Collection[Person]) -> dict[int, str]:
    """As `why_protected` for many people at once, by their key; without those who are not protected."""
    if not people:
        return {}
    listed = reasons_protected(people)
    last_admin_of: dict[int, list[str]] = defaultdict(list)
    admins = Membership.objects.filter(person__in=people, role=Role.ADMIN, status=Status.ACTIVE)
    for membership in admins.filter(~Exists(_other_admins())).select_related("workspace"):
        last_admin_of[membership.person_id].append(membership.workspace.name)
    tokens = _connections_by_token_owner(people)
    reasons = {
        one.pk: _by_rule(tokens.get(one.gid), one, last_admin_of[one.pk]) or listed.get(one.pk, "")
        for one in people
    }
    return {pk: reason for pk, reason in reasons.items() if reason}


def _by_rule(token: Connection | None, person: Person, last_admin_of: list[str]) -> str:
    """`token`: the connection that acts as this person."""
    if token is not None:
        return f"Usher uses the token of {person} for the connection “{token}”."
    if last_admin_of:
        return f"{person} is the last admin of {', '.join(last_admin_of)}."
    return ""


def last_admin_memberships(person: Person) -> list[Membership]:
    """The workspaces whose other admins, if any, are being removed right now."""
    mine = Membership.objects.filter(person=person, role=Role.ADMIN, status=Status.ACTIVE)
    return list(mine.filter(~Exists(_other_admins())).select_related("workspace"))


def is_last_admin(prefix: str = "") -> Q:
    """In SQL, for a query in which `prefix` leads to the person. They are few, and are read when this is called."""
    admins = Membership.objects.filter(role=Role.ADMIN, status=Status.ACTIVE)
    staying = admins.filter(~Exists(_being_removed())).order_by().values_list("workspace")
    several = [workspace for workspace, count in staying.annotate(Count("pk")) if count > 1]
    last = admins.exclude(workspace__in=several).filter(~Exists(_other_admins()))
    return Q(**{f"{prefix}pk__in": list(last.values_list("person", flat=True))})


def is_connecting_person(prefix: str = "") -> Q:
    """In SQL: a connection uses their token. Any connection counts, because several can reach one account."""
    return Q(**{f"{prefix}gid__in": _in_use().order_by().values("asana_user_gid")})


def _connections_by_token_owner(people: Collection[Person]) -> dict[str, Connection]:
    used = _in_use().filter(asana_user_gid__in={person.gid for person in people})
    return {connection.asana_user_gid: connection for connection in used}


def _in_use() -> QuerySet[Connection]:
    return Connection.objects.filter(disconnected_at=None)


def _other_admins() -> QuerySet[Membership]:
    """The other admins of the workspace of a membership in the outer query."""
    return Membership.objects.filter(
        ~Q(person=OuterRef("person")),
        ~Exists(_being_removed()),
        workspace=OuterRef("workspace"),
        role=Role.ADMIN,
        status=Status.ACTIVE,
    )


def _being_removed() -> QuerySet[Target]:
    """Of a membership in the outer query."""
    # A request that was sent may have taken effect, even if nobody has verified it yet.
    begun = Q(case__state=CaseState.RUNNING) | Q(case__state__in=sorted(OPEN), sent_at__isnull=False)
    return Target.objects.filter(
        begun,
        ~Q(case__kind=Case.Kind.RESTORE),
        workspace_gid=OuterRef("workspace__gid"),
        case__person_gid=OuterRef("person__gid"),
    )

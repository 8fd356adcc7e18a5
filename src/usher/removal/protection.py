"""Who is never touched, and why: the list that admins keep, and two rules that always hold."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from usher.directory.protection import reason_protected
from usher.removal.models import Case, Target
from usher.removal.states import State
from usher.roster.models import Membership, Person, Role, Status


def why_protected(person: Person) -> str:
    """In words; empty where the person is not protected."""
    if person.gid == person.connection.asana_user_gid:
        return f"Usher acts in Asana with the token of {person}, of the connection “{person.connection}”."
    alone_in = [membership.workspace.name for membership in last_admin_memberships(person)]
    if alone_in:
        return f"{person} is the last admin of {', '.join(alone_in)}."
    return reason_protected(person)


def last_admin_memberships(person: Person) -> list[Membership]:
    """Where nobody else is an admin, other than people who are being removed at this moment."""
    mine = Membership.objects.filter(person=person, role=Role.ADMIN, status=Status.ACTIVE)
    return list(mine.filter(~Exists(_other_admins())).select_related("workspace"))


def is_last_admin(prefix: str = "") -> Exists:
    """In SQL, for a query in which `prefix` leads to the person."""
    of_person = Membership.objects.filter(
        person=OuterRef(f"{prefix}pk"), role=Role.ADMIN, status=Status.ACTIVE
    )
    return Exists(of_person.filter(~Exists(_other_admins())))


def is_connecting_person(prefix: str = "") -> Q:
    """In SQL: the token of their connection is theirs."""
    return Q(**{f"{prefix}gid": F(f"{prefix}connection__asana_user_gid")})


def _other_admins() -> QuerySet[Membership]:
    """Of the workspace of a membership in the query around it."""
    being_removed = Target.objects.filter(
        workspace=OuterRef("workspace"),
        case__person=OuterRef("person"),
        case__state=State.RUNNING,
        case__kind=Case.Kind.REMOVE,
    )
    return Membership.objects.filter(
        ~Q(person=OuterRef("person")),
        ~Exists(being_removed),
        workspace=OuterRef("workspace"),
        role=Role.ADMIN,
        status=Status.ACTIVE,
    )

"""People put straight into the database, for tests of what is shown of them."""

from datetime import UTC, datetime
from itertools import count

from usher.connections.models import Connection
from usher.roster.models import Membership, Person, Workspace

numbers = count(1000)
SINCE = datetime(2025, 3, 4, 12, tzinfo=UTC)


def a_connection(name: str = "Acme", **fields: object) -> Connection:
    return Connection.objects.create(
        **{"name": name, "authorization": "token", "asana_user_gid": str(next(numbers)), "sync_at": "03:00"}
        | fields
    )


def a_workspace(connection: Connection, name: str = "Acme Inc", *domains: str, **fields: object) -> Workspace:
    """An organization when it has domains. Walked, unless said otherwise."""
    return Workspace.objects.create(
        **{
            "connection": connection,
            "gid": str(next(numbers)),
            "name": name,
            "is_organization": bool(domains),
            "email_domains": list(domains),
            "last_walked_at": SINCE,
        }
        | fields
    )


def a_member(workspace: Workspace, name: str, email: str = "", **fields: object) -> Membership:
    """Of a person of that name, made when the connection has none; a plain active member since SINCE."""
    person, _ = Person.objects.get_or_create(
        connection=workspace.connection, name=name, defaults={"gid": str(next(numbers)), "email": email}
    )
    return Membership.objects.create(
        **{
            "person": person,
            "workspace": workspace,
            "gid": str(next(numbers)),
            "role": "member",
            "licence": "member",
            "status": "active",
            "since": SINCE,
        }
        | fields
    )

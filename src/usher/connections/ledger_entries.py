"""What the ledger says of a connection. Never a secret: of tokens only whether there are new ones."""

from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record

Facts = dict[str, JSON]


def subject_of(connection: Connection) -> str:
    email = f" <{connection.asana_user_email}>" if connection.asana_user_email else ""
    return f"connection {connection.pk}: “{connection.name}”, as {connection.asana_user_name}{email}"


def facts_of(connection: Connection) -> Facts:
    """What people decide about a connection."""
    return {
        "name": connection.name,
        "mode": connection.mode,
        "workspace_gid": connection.workspace_gid,
        "authorization": connection.authorization,
        "asana_user_gid": connection.asana_user_gid,
        "has_service_token": connection.has_service_token,
        "sync_at": str(connection.sync_at)[:5],
        "time_zone": connection.time_zone,
    }


def record_change(
    actor: Actor, connection: Connection, before: Facts, *, new_service_token: bool = False
) -> None:
    """What is different from `before`; nothing where nothing is."""
    after = facts_of(connection)
    changed = [name for name in after if after[name] != before[name]]
    told: Facts = {name: after[name] for name in changed}
    if new_service_token:
        told["service_token"] = "a new one"  # noqa: S105
    if told:
        record(
            actor,
            "connection.changed",
            subject_of(connection),
            before={name: before[name] for name in changed},
            after=told,
        )

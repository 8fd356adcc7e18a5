"""What the ledger records about a connection. Never a secret: of a token only that there is a new one."""

from usher.connections.models import Connection
from usher.ledger.actors import Actor
from usher.ledger.chain import JSON
from usher.ledger.record import record

Summary = dict[str, JSON]


def subject_of(connection: Connection) -> str:
    email = f" <{connection.asana_user_email}>" if connection.asana_user_email else ""
    return f"connection {connection.pk}: “{connection.name}”, as {connection.asana_user_name}{email}"


def summary_of(connection: Connection) -> Summary:
    """The settings that people decide."""
    return {
        "name": connection.name,
        "mode": connection.mode,
        "workspace_gid": connection.workspace_gid,
        "authorization": connection.authorization,
        "asana_user_gid": connection.asana_user_gid,
        "has_service_token": connection.has_service_token,
        "sync_at": str(connection.sync_at)[:5],
        "time_zone": connection.time_zone,
        "holiday_calendar": connection.holiday_calendar,
        "requires_sso": connection.requires_sso,
    }


def record_change(
    actor: Actor, connection: Connection, before: Summary, *, new_service_token: bool = False
) -> None:
    """Records what differs from `before`, if anything does."""
    after = summary_of(connection)
    changed = [name for name in after if after[name] != before[name]]
    recorded: Summary = {name: after[name] for name in changed}
    if new_service_token:
        recorded["service_token"] = "a new one"  # noqa: S105
    if recorded:
        record(
            actor,
            "connection.changed",
            subject_of(connection),
            before={name: before[name] for name in changed},
            after=recorded,
            connection=connection.pk,
        )

"""What `usher dev` starts with: an admin, and the simulated Asana's first account."""

from usher.access.models import User
from usher.access.roles import UserRole
from usher.cli.access.users import link_for
from usher.connections.connecting.by_token import connect_with_token
from usher.connections.connecting.settings import ConnectionSettings
from usher.connections.jobs import start_sync
from usher.connections.models import Connection, Mode, SyncRun
from usher.ledger.actors import SYSTEM

DEVELOPER = "dev@halvorsen-brook.example"


def first_data() -> None:
    """An account to sign in with, and a connection that the worker syncs. Nothing where they exist."""
    if not User.objects.filter(username=DEVELOPER).exists():
        User.objects.create_user(DEVELOPER, DEVELOPER, name="Developer", role=UserRole.ADMIN)
    if not Connection.objects.exists():
        account = ConnectionSettings("Halvorsen & Brook", Mode.ACT, service_token="sandbox-service-1")  # noqa: S106
        connection = connect_with_token(account, "sandbox-pat-1", SYSTEM)
        start_sync(connection, SyncRun.Trigger.PERSON)


def sign_in_link() -> str:
    return link_for(User.objects.get(username=DEVELOPER))

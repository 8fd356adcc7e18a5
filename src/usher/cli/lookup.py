"""Which connection a command means."""

from usher.access.roles import Action
from usher.cli.errors import WrongUse
from usher.cli.identity import demand
from usher.connections.models import Connection


def connection_named(text: str) -> Connection:
    """By name, in capitals or not, or by number. A connected account comes before a disconnected one.

    Raises WrongUse where there is none.
    """
    same_name = Connection.objects.filter(name__iexact=text).order_by("disconnected_at", "-pk")
    connection = same_name.filter(disconnected_at=None).first() or same_name.first()
    if connection is None and text.isascii() and text.isdigit():
        connection = Connection.objects.filter(pk=text).first()
    if connection is None:
        names = ", ".join(f"“{name}”" for name in Connection.objects.values_list("name", flat=True))
        raise WrongUse(
            f"There is no connection “{text}”.",
            f"There are: {names}." if names else "Connect one first: usher connect --name … --token …",
        )
    return connection


def chosen_connections(name: str | None) -> list[Connection]:
    """Those that a command reads: one, or without a name all. Raises NotAllowed if the actor may not read."""
    demand(Action.READ)
    return [connection_named(name)] if name else list(Connection.objects.all())

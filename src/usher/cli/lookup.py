"""Which connection a command means."""

from typing import TYPE_CHECKING

from usher.cli.runtime import WrongUse

if TYPE_CHECKING:
    from usher.connections.models import Connection


def connection_named(text: str) -> "Connection":
    """By name (capitals do not matter) or number; a connected account before a disconnected one."""
    from usher.connections.models import Connection

    found = Connection.objects.filter(name__iexact=text).order_by("disconnected_at", "-pk")
    connection = found.filter(disconnected_at=None).first() or found.first()
    if connection is None and text.isascii() and text.isdigit():
        connection = Connection.objects.filter(pk=text).first()
    if connection is None:
        names = ", ".join(f"“{name}”" for name in Connection.objects.values_list("name", flat=True))
        raise WrongUse(
            f"There is no connection “{text}”.",
            f"There are: {names}." if names else "Connect one first: usher connect --name … --token …",
        )
    return connection

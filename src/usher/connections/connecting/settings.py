"""What a person decides about a connection, and what can be checked without asking Asana."""

from dataclasses import dataclass, field
from zoneinfo import available_timezones

from usher.connections.models import Connection, Mode
from usher.refusals import Refused


class CannotConnect(Refused):
    """Why an account was not connected or changed. `field` names the input at fault, if one is."""

    def __init__(self, message: str, remedy: str = "", field: str | None = None) -> None:
        super().__init__(message, remedy)
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@dataclass(frozen=True)
class ConnectionSettings:
    """What a person filled in. `reconnects` is the connection that gets new tokens, if it is not a new one."""

    name: str
    mode: Mode = Mode.READ
    workspace_gid: str = ""
    service_token: str = field(default="", repr=False)
    reconnects: Connection | None = None


def check_name(name: str, own: Connection | None) -> None:
    """Raises CannotConnect for no name, and when another connected account than `own` has it."""
    if not name.strip():
        raise CannotConnect("The name is empty.", "Give it one, such as your company's.", field="name")
    others = Connection.objects.filter(name__iexact=name, disconnected_at=None)
    if own is not None:
        others = others.exclude(pk=own.pk)
    if others.exists():
        raise name_taken(name)


def name_taken(name: str) -> CannotConnect:
    return CannotConnect(
        f"A connection with the name “{name}” exists already.", "Choose another name.", field="name"
    )


def check_gid(text: str) -> None:
    """Raises ValueError for text that cannot be a GID."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= 32):
        raise ValueError(f"“{text}” is not a GID: a GID has digits only.")


def check_time_zone(name: str) -> None:
    """Raises CannotConnect."""
    if name not in available_timezones():
        raise CannotConnect(
            f"“{name}” is no time zone.", "Give one of the IANA database, such as Europe/Berlin.", "time_zone"
        )

"""Whether what an admin enters for a destination can be used. Nothing is sent here."""

import re
from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from usher.access.scope.change import named_connections
from usher.notify.destinations.checks import UnusableDestination, check_url
from usher.refusals import Refused
from usher.streams.destinations.fields import OF_SOME_KINDS, needs_field, takes_field
from usher.streams.models import StreamDestination
from usher.streams.sending.http import tls_context
from usher.streams.sending.message import Undelivered
from usher.streams.sending.syslog import host_and_port

Kind = StreamDestination.Kind
FOLDER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}(/[\w!.*'()=-]+)*/?")
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")


class UnusableStream(Refused):
    """`field`: what has to be corrected."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.field = field


def check_stream(destination: StreamDestination) -> None:
    """All but its secret, which may not be read. Raises UnusableStream."""
    _check_name(destination)
    if destination.connections == []:
        raise UnusableStream("connections", "Choose at least one connection, or switch the stream off.")
    for name in OF_SOME_KINDS:
        if name != "secret":
            check_field(destination.kind, name, getattr(destination, name))
    if destination.authority:
        try:
            tls_context(destination.authority)
        except Undelivered as error:
            raise UnusableStream("authority", error.problem, error.remedy) from error
    match destination.kind:
        case Kind.FOLDER:
            if not FOLDER.fullmatch(destination.address):
                raise UnusableStream(
                    "address", "This is no name of a folder.", "Use letters, digits, -, _ and dots, no path."
                )
        case Kind.SYSLOG:
            _check_host(destination.address)
        case _:
            try:
                check_url(destination.address)
            except UnusableDestination as error:
                raise UnusableStream("address", error.message, error.remedy) from error
            if "?" in destination.address or "#" in destination.address:
                raise UnusableStream(
                    "address",
                    "The address has a query in it.",
                    "Enter it without; tokens have a field of their own.",
                )
    if destination.kind == Kind.S3 and not BUCKET.fullmatch(destination.place):
        raise UnusableStream("place", "This is no name of a bucket.", "Such as logs or logs/usher.")


def check_field(kind: str, name: str, value: str) -> None:
    """Whether there is one where the kind needs it, and none where it has no use for it. Raises UnusableStream."""
    words = OF_SOME_KINDS[name]
    if not value and needs_field(kind, name):
        raise UnusableStream(name, f"A destination of this kind needs: {words}.", "Enter it.")
    if value and not takes_field(kind, name):
        raise UnusableStream(name, f"A destination of this kind has no {words}.", "Leave it out.")


def check_known(connections: Iterable[int]) -> None:
    """Raises UnusableStream for one that is not there."""
    if set(connections) - named_connections().keys():
        raise UnusableStream(
            "connections", "There is no such connection.", "Choose among those that there are."
        )


def check_day(since: date) -> None:
    """From when on something is sent again. Raises UnusableStream."""
    if since > timezone.now().date():
        raise UnusableStream("since", "This day is still to come.")


def name_is_taken(name: str) -> UnusableStream:
    return UnusableStream("name", f"There is already a destination called “{name}”.", "Choose another name.")


def _check_name(destination: StreamDestination) -> None:
    if not destination.name.strip():
        raise UnusableStream("name", "It has no name.", "Enter one.")
    others = StreamDestination.without_secrets().exclude(pk=destination.pk)
    if others.filter(name=destination.name).exists():
        raise name_is_taken(destination.name)


def _check_host(address: str) -> None:
    try:
        host, _ = host_and_port(address)
    except ValueError:
        host = ""
    if not _HOST.fullmatch(address) or not host:
        raise UnusableStream("address", "This is no host and port.", "Such as logs.example.com:6514.")
